{{ clean(
    'hr', 'employees', newest=['updated_at', '_interval_start'],
    texts=[
        'employee_id', 'department_code', 'manager_id', 'first_name', 'last_name', 'email', 'job_title',
        'employment_type', 'currency_code',
    ],
    kept=['salary_amount', 'hired_date', 'left_date', 'updated_at'],
) }}
