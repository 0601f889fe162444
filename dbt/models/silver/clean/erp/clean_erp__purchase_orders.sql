{{ clean(
    'erp', 'purchase_orders', newest=['updated_at', '_interval_start'],
    texts=['purchase_order_id', 'supplier_id', 'material_id', 'company_code', 'unit_code', 'currency_code'],
    kept=[
        'quantity', 'exchange_rate', 'unit_price', 'due_date', 'delivered_date', 'ordered_at', 'updated_at',
    ],
) }}
