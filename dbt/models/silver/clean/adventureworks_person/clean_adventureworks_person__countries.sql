{{ clean(
    'adventureworks_person', 'countries', keys=['country_code'], newest=['_interval_start', 'modified_at'],
    texts=['country_code', 'country_name'],
    kept=['modified_at'],
) }}
