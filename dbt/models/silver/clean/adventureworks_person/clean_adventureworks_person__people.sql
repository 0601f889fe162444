with people as (

    select * from {{ nearest_step('adventureworks_person', 'people', []) }}

),

ranked as (

    select
        people.*,
        {{ version_rank(['person_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from people

),

clean_adventureworks_person__people as (

    select
        -- ids
        person_id,

        -- text
        {{ clean_text('title') }} as title,
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('middle_name') }} as middle_name,
        {{ clean_text('last_name') }} as last_name,
        {{ clean_text('suffix') }} as suffix,
        {{ clean_text('person_type_code') }} as person_type_code,
        {{ clean_text('row_id') }} as row_id,

        -- numbers
        email_promotion_level,

        -- flags
        is_last_name_first,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_person__people
