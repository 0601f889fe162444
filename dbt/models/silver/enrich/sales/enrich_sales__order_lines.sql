{{ enrich('sales', 'order_lines', before=['clean'], joins=[
    left_join(
        'orders', on=['order_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_order', columns=['customer_id', 'ordered_at'],
    ),
    left_join(
        'products', source='inventory', optional=true, on=['product_id'], steps=['clean', 'normalize'],
        newest=['updated_at', '_interval_start'], flag='has_product', columns=['product_name', 'category'],
    ),
]) }}
