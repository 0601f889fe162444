{{ enrich('user_data', 'users', before=['clean', 'normalize'], joins=[
    left_join(
        'plans', on=['plan_code'], steps=['clean'], flag='has_plan', columns=['plan_name', 'monthly_price'],
    ),
]) }}
