{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with employees as (

    select * from {{ one_per_key('hr', 'employees', steps, ['updated_at', '_interval_start']) }}

),

snapshot as (

    -- Who is here is told as of the day of the snapshot: a run of an old interval says what it said then.
    select max(_run_date) as as_of_date from employees

),

people_employees as (

    select
        -- ids
        employees.employee_id,
        employees.manager_id,
        coalesce(employees.department_code, 'unknown') as department_code,

        -- text
        employees.first_name,
        employees.last_name,
        employees.email,
        employees.job_title,
        employees.employment_type,
        employees.currency_code,
        {{ step_column('enrich', 'hr', 'employees', 'employees.department_name', text_type()) }} as department_name,
        {{ step_column('enrich', 'hr', 'employees', 'employees.cost_center', text_type()) }} as cost_center,
        {{ step_column('validate', 'hr', 'employees', 'employees._flags', text_type()) }} as flags,

        -- numbers
        case
            when employees.hired_date > snapshot.as_of_date then 0
            when employees.left_date <= snapshot.as_of_date
                then {{ days_between('employees.hired_date', 'employees.left_date') }}
            else {{ days_between('employees.hired_date', 'snapshot.as_of_date') }}
        end as tenure_days,

        -- flags
        case
            when employees.hired_date <= snapshot.as_of_date
                and (employees.left_date is null or employees.left_date > snapshot.as_of_date) then 1
            else 0
        end as is_employed,

        -- money
        employees.salary_amount,

        -- dates
        employees.hired_date,
        employees.left_date,
        snapshot.as_of_date,

        -- timestamps
        employees.updated_at
    from employees
    cross join snapshot

)

select * from people_employees
