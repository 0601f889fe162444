with states as (

    select * from {{ nearest_step('adventureworks_person', 'states', []) }}

),

ranked as (

    select
        states.*,
        {{ version_rank(['state_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from states

),

clean_adventureworks_person__states as (

    select
        -- ids
        state_id,
        territory_id,

        -- text
        {{ clean_text('country_code') }} as country_code,
        {{ clean_text('state_code') }} as state_code,
        {{ clean_text('state_name') }} as state_name,
        {{ clean_text('row_id') }} as row_id,

        -- flags
        is_whole_country,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_person__states
