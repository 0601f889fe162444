{{ clean(
    'adventureworks_sales', 'order_lines', newest=['_interval_start', 'modified_at'],
    ids=['order_line_id', 'order_id', 'product_id', 'special_offer_id'],
    texts=['row_id'],
    kept=['quantity', 'unit_discount_share', 'unit_price', 'modified_at'],
) }}
