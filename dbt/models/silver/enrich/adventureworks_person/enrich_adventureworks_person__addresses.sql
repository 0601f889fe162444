{{ enrich('adventureworks_person', 'addresses', before=['clean', 'normalize'], joins=[
    left_join(
        'states', on=['state_id'], steps=['clean', 'normalize'],
        columns=['state_code', 'state_name', 'territory_id', 'country_code'],
    ),
    left_join(
        'countries', on={'states.country_code': 'country_code'}, steps=['clean', 'normalize'],
        columns=['country_name'],
    ),
]) }}
