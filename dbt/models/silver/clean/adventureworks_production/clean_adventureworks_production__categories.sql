{{ clean(
    'adventureworks_production', 'categories', keys=['category_id'], newest=['_interval_start', 'modified_at'],
    ids=['category_id'],
    texts=['category_name'],
    kept=['modified_at'],
) }}
