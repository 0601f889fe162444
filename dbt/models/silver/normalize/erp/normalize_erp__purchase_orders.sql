{{ normalize(
    'erp', 'purchase_orders', before=['clean'],
    columns=[
        'purchase_order_id', 'supplier_id', 'material_id', 'company_code', 'unit_code', 'currency_code',
        'quantity', 'exchange_rate', 'unit_price', 'due_date', 'delivered_date', 'ordered_at', 'updated_at',
    ],
    changed={'unit_code': 'code', 'currency_code': 'currency'},
) }}
