{{ clean(
    'adventureworks_production', 'categories', newest=['_interval_start', 'modified_at'],
    ids=['category_id'],
    texts=['category_name'],
    kept=['modified_at'],
) }}
