{{ enrich('adventureworks_sales', 'order_lines', before=['clean'], joins=[
    left_join(
        'orders', on=['order_id'], steps=['clean', 'normalize'],
        flag='has_order', columns=['customer_id', 'is_online', 'order_date'],
    ),
    left_join(
        'products', source='adventureworks_production', on=['product_id'], steps=['clean', 'normalize', 'enrich'],
        flag='has_product', columns=['product_name', 'subcategory_name', 'category_name'],
    ),
]) }}
