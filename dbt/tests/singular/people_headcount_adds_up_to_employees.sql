{#- The departments' headcount of the last month is everybody in silver who works here on the day of the snapshot. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['hr']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with employees as (

    select * from {{ one_per_key('hr', 'employees', steps, ['updated_at', '_interval_start']) }}

),

snapshot as (

    select max(_run_date) as as_of_date from employees

),

working as (

    select count(*) as headcount
    from employees
    cross join snapshot
    where
        employees.hired_date <= snapshot.as_of_date
        and (employees.left_date is null or employees.left_date > snapshot.as_of_date)

),

latest as (

    select max(month_start) as month_start from {{ ref('people_headcount') }}

),

departments as (

    select coalesce(sum(headcount.headcount), 0) as headcount
    from {{ ref('people_headcount') }} as headcount
    inner join latest
        on headcount.month_start = latest.month_start

)

select
    working.headcount,
    departments.headcount as department_headcount
from working
cross join departments
where working.headcount <> departments.headcount
