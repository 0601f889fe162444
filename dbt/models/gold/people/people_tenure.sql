{{- needs_transformation('aggregate') -}}
{{- needs_sources(['hr']) -}}
with employees as (

    select
        *,
        case
            when tenure_days < 365 then 'under 1 year'
            when tenure_days < 3 * 365 then '1 to 2 years'
            when tenure_days < 6 * 365 then '3 to 5 years'
            when tenure_days < 11 * 365 then '6 to 10 years'
            else 'over 10 years'
        end as tenure_band
    from {{ ref('people_employees') }}
    where is_employed = 1

),

people_tenure as (

    select
        -- ids
        department_code,

        -- text
        tenure_band,
        max(department_name) as department_name,

        -- numbers
        count(*) as headcount,
        {{ ratio('sum(tenure_days)', 'count(*) * 365.25', 2) }} as average_tenure_years
    from employees
    group by
        department_code,
        tenure_band

)

select * from people_tenure
