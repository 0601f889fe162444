{{ enrich('app_events', 'events', before=['clean', 'normalize'], joins=[
    left_join(
        'users', source='user_data', optional=true, on=['user_id'], steps=['clean', 'normalize'],
        newest=['updated_at', '_interval_start'], flag='has_user', columns={'plan_code': 'user_plan_code'},
    ),
]) }}
