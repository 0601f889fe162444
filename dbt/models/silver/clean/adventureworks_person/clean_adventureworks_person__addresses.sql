{{ clean(
    'adventureworks_person', 'addresses', newest=['_interval_start', 'modified_at'],
    ids=['address_id', 'state_id'],
    texts=['address_line_1', 'address_line_2', 'city', 'postal_code', 'spatial_location', 'row_id'],
    kept=['modified_at'],
) }}
