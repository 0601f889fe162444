with countries as (

    select * from {{ nearest_step('adventureworks_person', 'countries', []) }}

),

ranked as (

    select
        countries.*,
        {{ version_rank([clean_text('country_code')], ['_interval_start', 'modified_at']) }} as _version_rank
    from countries

),

clean_adventureworks_person__countries as (

    select
        -- text
        {{ clean_text('country_code') }} as country_code,
        {{ clean_text('country_name') }} as country_name,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_person__countries
