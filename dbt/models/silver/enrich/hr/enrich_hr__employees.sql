{{ enrich('hr', 'employees', before=['clean', 'normalize'], joins=[
    left_join(
        'departments', on=['department_code'], steps=['clean'],
        flag='has_department', columns=['department_name', 'cost_center'],
    ),
    left_join(
        'employees', name='managers', on={'manager_id': 'employee_id'}, steps=['clean', 'normalize'],
        newest=['updated_at', '_interval_start'], flag='has_manager',
    ),
]) }}
