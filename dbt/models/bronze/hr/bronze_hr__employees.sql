with landed as (

    select * from {{ landed('hr', 'employees') }}

),

bronze_hr__employees as (

    select
        -- ids
        {{ to_text('employee_id') }} as employee_id,
        {{ to_text('department_code') }} as department_code,
        {{ to_text('manager_id') }} as manager_id,

        -- text
        {{ to_text('first_name') }} as first_name,
        {{ to_text('last_name') }} as last_name,
        {{ to_text('email') }} as email,
        {{ to_text('job_title') }} as job_title,
        {{ to_text('employment_type') }} as employment_type,
        {{ to_text('currency') }} as currency_code,

        -- money
        {{ to_decimal('salary_amount') }} as salary_amount,

        -- dates
        {{ to_date('hired_on') }} as hired_date,
        {{ to_date('left_on') }} as left_date,

        -- timestamps
        {{ to_timestamp('updated_at') }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_hr__employees
