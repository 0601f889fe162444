{{ normalize(
    'hr', 'employees', before=['clean'],
    columns=[
        'employee_id', 'department_code', 'manager_id', 'first_name', 'last_name', 'email', 'job_title',
        'employment_type', 'currency_code', 'salary_amount', 'hired_date', 'left_date', 'updated_at',
    ],
    changed={
        'department_code': 'code', 'email': 'mail',
        'employment_type': {'sql': "lower(replace(trim(employment_type), '-', '_'))"},
        'currency_code': 'currency',
    },
) }}
