{{ normalize(
    'erp', 'sales_order_lines', before=['clean'],
    columns=['order_id', 'material_id', 'unit_code', 'line_number', 'quantity', 'unit_price', 'updated_at'],
    changed={'unit_code': 'code'},
) }}
