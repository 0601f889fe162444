with addresses as (

    select * from {{ nearest_step('adventureworks_person', 'addresses', []) }}

),

ranked as (

    select
        addresses.*,
        {{ version_rank(['address_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from addresses

),

clean_adventureworks_person__addresses as (

    select
        -- ids
        address_id,
        state_id,

        -- text
        {{ clean_text('address_line_1') }} as address_line_1,
        {{ clean_text('address_line_2') }} as address_line_2,
        {{ clean_text('city') }} as city,
        {{ clean_text('postal_code') }} as postal_code,
        {{ clean_text('spatial_location') }} as spatial_location,
        {{ clean_text('row_id') }} as row_id,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_person__addresses
