{{ clean(
    'sales', 'order_lines', newest=['updated_at', '_interval_start'],
    texts=['order_id', 'product_id'],
    kept=['line_number', 'quantity', 'discount_percent', 'unit_price', 'updated_at'],
) }}
