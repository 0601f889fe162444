with employees as (

    select * from {{ nearest_step('hr', 'employees', ['clean']) }}

),

normalize_hr__employees as (

    select
        -- ids
        employee_id,
        upper(trim(department_code)) as department_code,
        manager_id,

        -- text
        first_name,
        last_name,
        lower(trim(email)) as email,
        job_title,
        lower(replace(trim(employment_type), '-', '_')) as employment_type,
        upper(trim(currency_code)) as currency_code,

        -- money
        salary_amount,

        -- dates
        hired_date,
        left_date,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from employees

)

select * from normalize_hr__employees
