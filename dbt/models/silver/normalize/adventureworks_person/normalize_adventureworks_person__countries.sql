with countries as (

    select * from {{ nearest_step('adventureworks_person', 'countries', ['clean']) }}

),

normalize_adventureworks_person__countries as (

    select
        -- text
        upper(trim(country_code)) as country_code,
        country_name,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from countries

)

select * from normalize_adventureworks_person__countries
