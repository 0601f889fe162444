{{ clean(
    'user_data', 'users', keys=['user_id'], newest=['updated_at', '_interval_start'],
    texts=['user_id', 'plan_code', 'email', 'country_code'],
    kept=['seat_count', 'signed_up_at', 'updated_at'],
) }}
