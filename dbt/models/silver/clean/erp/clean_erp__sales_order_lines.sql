{{ clean(
    'erp', 'sales_order_lines', newest=['updated_at', '_interval_start'],
    texts=['order_id', 'material_id', 'unit_code'],
    kept=['line_number', 'quantity', 'unit_price', 'updated_at'],
) }}
