with employees as (

    select * from {{ nearest_step('hr', 'employees', ['clean', 'normalize']) }}

),

departments as (

    select * from {{ one_per_key('hr', 'departments', ['clean'], ['department_code']) }}

),

managers as (

    select *
    from {{ one_per_key(
        'hr', 'employees', ['clean', 'normalize'], ['employee_id'], ['updated_at', '_interval_start']
    ) }}

),

enrich_hr__employees as (

    select
        employees.*,
        case when departments.department_code is null then 0 else 1 end as has_department,
        departments.department_name,
        departments.cost_center,
        case when managers.employee_id is null then 0 else 1 end as has_manager
    from employees
    left join departments
        on employees.department_code = departments.department_code
    left join managers
        on employees.manager_id = managers.employee_id

)

select * from enrich_hr__employees
