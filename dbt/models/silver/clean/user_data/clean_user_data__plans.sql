{{ clean(
    'user_data', 'plans', newest=['_interval_start'],
    texts=['plan_code', 'plan_name'],
    kept=['monthly_price'],
) }}
