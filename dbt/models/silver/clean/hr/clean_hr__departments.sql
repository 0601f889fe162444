{{ clean(
    'hr', 'departments', keys=['department_code'], newest=['_interval_start'],
    texts=['department_code', 'department_name', 'cost_center'],
) }}
