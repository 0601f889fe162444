{{ normalize(
    'adventureworks_person', 'addresses', before=['clean'],
    columns=[
        'address_id', 'state_id', 'address_line_1', 'address_line_2', 'city', 'postal_code',
        'spatial_location', 'row_id', 'modified_at',
    ],
    changed={'postal_code': 'code'},
) }}
