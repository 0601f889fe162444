with employees as (

    select * from {{ nearest_step('hr', 'employees', []) }}

),

ranked as (

    select
        employees.*,
        {{ version_rank(['employee_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from employees

),

clean_hr__employees as (

    select
        -- ids
        {{ clean_text('employee_id') }} as employee_id,
        {{ clean_text('department_code') }} as department_code,
        {{ clean_text('manager_id') }} as manager_id,

        -- text
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('last_name') }} as last_name,
        {{ clean_text('email') }} as email,
        {{ clean_text('job_title') }} as job_title,
        {{ clean_text('employment_type') }} as employment_type,
        {{ clean_text('currency_code') }} as currency_code,

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
    from ranked
    where _version_rank = 1

)

select * from clean_hr__employees
