{{ clean(
    'adventureworks_person', 'countries', newest=['_interval_start', 'modified_at'],
    texts=['country_code', 'country_name'],
    kept=['modified_at'],
) }}
