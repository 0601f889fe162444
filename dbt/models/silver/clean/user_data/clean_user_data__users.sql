{{ clean(
    'user_data', 'users', newest=['updated_at', '_interval_start'],
    texts=['user_id', 'plan_code', 'email', 'country_code'],
    kept=['seat_count', 'signed_up_at', 'updated_at'],
) }}
