{{ clean(
    'user_data', 'plans', keys=['plan_code'], newest=['_interval_start'],
    texts=['plan_code', 'plan_name'],
    kept=['monthly_price'],
) }}
