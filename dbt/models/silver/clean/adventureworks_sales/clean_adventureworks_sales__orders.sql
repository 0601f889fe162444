{{ clean(
    'adventureworks_sales', 'orders', newest=['_interval_start', 'modified_at'],
    ids=[
        'order_id', 'customer_id', 'sales_person_id', 'territory_id', 'bill_to_address_id',
        'ship_to_address_id', 'ship_method_id', 'credit_card_id', 'currency_rate_id',
    ],
    texts=['account_number', 'credit_card_approval_code', 'row_id'],
    kept=[
        'status_code', 'revision_number', 'is_online', 'order_value', 'tax_amount', 'freight_amount',
        'total_due', 'order_date', 'due_date', 'ship_date', 'modified_at',
    ],
) }}
