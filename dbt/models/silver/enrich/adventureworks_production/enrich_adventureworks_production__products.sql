{{ enrich('adventureworks_production', 'products', before=['clean', 'normalize'], joins=[
    left_join('subcategories', on=['subcategory_id'], steps=['clean'], columns=['subcategory_name']),
    left_join(
        'categories', on={'subcategories.category_id': 'category_id'}, steps=['clean'],
        columns=['category_id', 'category_name'],
    ),
]) }}
