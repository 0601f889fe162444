with states as (

    select * from {{ nearest_step('adventureworks_person', 'states', ['clean']) }}

),

normalize_adventureworks_person__states as (

    select
        -- ids
        state_id,
        territory_id,

        -- text
        upper(trim(country_code)) as country_code,
        upper(trim(state_code)) as state_code,
        state_name,
        row_id,

        -- flags
        is_whole_country,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from states

)

select * from normalize_adventureworks_person__states
