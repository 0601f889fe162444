{{ clean(
    'adventureworks_production', 'subcategories', newest=['_interval_start', 'modified_at'],
    ids=['subcategory_id', 'category_id'],
    texts=['subcategory_name'],
    kept=['modified_at'],
) }}
