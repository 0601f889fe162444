{{- needs_transformation('aggregate') -}}
{{- needs_sources(['hr']) -}}
with employees as (

    select * from {{ ref('people_employees') }}
    where hired_date <= as_of_date

),

events as (

    select
        department_code,
        as_of_date,
        {{ month_start('hired_date') }} as month_start,
        1 as hires,
        0 as leavers
    from employees

    union all

    select
        department_code,
        as_of_date,
        {{ month_start('left_date') }} as month_start,
        0 as hires,
        1 as leavers
    from employees
    where left_date <= as_of_date

),

counted as (

    select
        department_code,
        month_start,
        sum(hires) as hires,
        sum(leavers) as leavers
    from events
    group by
        department_code,
        month_start

),

known as (

    select
        min(month_start) as first_month,
        max(as_of_date) as as_of_date
    from events

),

months as (

    select {{ months_after('known.first_month', 'numbers.number') }} as month_start
    from {{ whole_numbers() }} as numbers
    cross join known
    where numbers.number <= {{ months_between('known.first_month', 'known.as_of_date') }}

),

departments as (

    select
        department_code,
        max(department_name) as department_name
    from employees
    group by department_code

),

-- Every department has every month: in one without a hire or leaver its headcount stays.
every_month as (

    select
        months.month_start,
        departments.department_code,
        departments.department_name,
        cast(coalesce(counted.hires, 0) as bigint) as hires,
        cast(coalesce(counted.leavers, 0) as bigint) as leavers
    from months
    cross join departments
    left join counted
        on
            months.month_start = counted.month_start
            and departments.department_code = counted.department_code

),

people_headcount as (

    select
        -- dates
        month_start,

        -- ids
        department_code,

        -- text
        department_name,

        -- numbers
        hires,
        leavers,
        cast(sum(hires - leavers) over (
            partition by department_code order by month_start
            rows between unbounded preceding and current row
        ) as bigint) as headcount
    from every_month

)

select * from people_headcount
