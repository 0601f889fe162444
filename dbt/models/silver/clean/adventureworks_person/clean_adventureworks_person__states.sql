{{ clean(
    'adventureworks_person', 'states', newest=['_interval_start', 'modified_at'],
    ids=['state_id', 'territory_id'],
    texts=['country_code', 'state_code', 'state_name', 'row_id'],
    kept=['is_whole_country', 'modified_at'],
) }}
