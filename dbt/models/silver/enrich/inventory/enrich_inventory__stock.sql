{{ enrich('inventory', 'stock', before=['clean'], joins=[
    left_join(
        'products', on=['product_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_product', columns=['product_name', 'category'],
    ),
    left_join(
        'warehouses', on=['warehouse_id'], steps=['clean'], newest=['updated_at', '_interval_start'],
        flag='has_warehouse', columns=['warehouse_name'],
    ),
]) }}
