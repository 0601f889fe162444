{{ enrich('adventureworks_sales', 'customers', before=['clean'], joins=[
    left_join(
        'people', source='adventureworks_person', on=['person_id'], steps=['clean', 'normalize'],
        flag='has_person', columns=['first_name', 'last_name', 'person_type_code'],
    ),
    left_join('stores', on=['store_id'], steps=['clean'], flag='has_store', columns=['store_name']),
]) }}
