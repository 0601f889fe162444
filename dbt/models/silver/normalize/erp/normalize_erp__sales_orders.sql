{{ normalize(
    'erp', 'sales_orders', before=['clean'],
    columns=[
        'order_id', 'customer_id', 'company_code', 'order_status', 'currency_code', 'exchange_rate',
        'ordered_at', 'updated_at',
    ],
    changed={'order_status': 'code', 'currency_code': 'currency'},
) }}
