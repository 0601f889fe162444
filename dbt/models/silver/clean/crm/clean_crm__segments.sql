with segments as (

    select * from {{ nearest_step('crm', 'segments', []) }}

),

ranked as (

    select
        segments.*,
        {{ version_rank(['segment_code'], ['_interval_start']) }} as _version_rank
    from segments

),

clean_crm__segments as (

    select
        -- ids
        {{ clean_text('segment_code') }} as segment_code,

        -- text
        {{ clean_text('segment_name') }} as segment_name,

        -- numbers
        discount_percent,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_crm__segments
