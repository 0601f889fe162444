{{ clean(
    'inventory', 'products', newest=['updated_at', '_interval_start'],
    texts=['product_id', 'product_name', 'category'],
    kept=['is_active', 'list_price', 'unit_cost', 'updated_at'],
) }}
