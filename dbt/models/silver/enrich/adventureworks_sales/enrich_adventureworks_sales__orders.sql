{{ enrich('adventureworks_sales', 'orders', before=['clean', 'normalize'], joins=[
    left_join(
        'customers', on=['customer_id'], steps=['clean'],
        flag='has_customer', columns={'person_id': 'customer_person_id', 'store_id': 'customer_store_id'},
    ),
    left_join(
        'addresses', source='adventureworks_person', on={'ship_to_address_id': 'address_id'},
        steps=['clean', 'normalize', 'enrich'], flag='has_ship_to_address',
        columns={
            'city': 'ship_to_city',
            'postal_code': 'ship_to_postal_code',
            'state_code': 'ship_to_state_code',
            'state_name': 'ship_to_state_name',
            'territory_id': 'ship_to_territory_id',
            'country_code': 'ship_to_country_code',
            'country_name': 'ship_to_country_name',
        },
    ),
]) }}
