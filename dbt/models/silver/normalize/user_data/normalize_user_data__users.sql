{{ normalize(
    'user_data', 'users', before=['clean'],
    columns=['user_id', 'plan_code', 'email', 'country_code', 'seat_count', 'signed_up_at', 'updated_at'],
    changed={'plan_code': 'code', 'email': 'mail', 'country_code': 'country'},
) }}
