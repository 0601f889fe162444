{{ clean(
    'adventureworks_production', 'subcategories', keys=['subcategory_id'], newest=['_interval_start', 'modified_at'],
    ids=['subcategory_id', 'category_id'],
    texts=['subcategory_name'],
    kept=['modified_at'],
) }}
