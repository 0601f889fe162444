{{ clean(
    'hr', 'departments', newest=['_interval_start'],
    texts=['department_code', 'department_name', 'cost_center'],
) }}
