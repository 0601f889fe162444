{{ normalize(
    'adventureworks_person', 'countries', before=['clean'],
    columns=['country_code', 'country_name', 'modified_at'],
    changed={'country_code': 'country'},
) }}
