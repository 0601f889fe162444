{{ normalize(
    'adventureworks_person', 'states', before=['clean'],
    columns=[
        'state_id', 'territory_id', 'country_code', 'state_code', 'state_name', 'row_id', 'is_whole_country',
        'modified_at',
    ],
    changed={'country_code': 'country', 'state_code': 'code'},
) }}
