with landed as (

    select * from {{ landed('crm', 'segments') }}

),

bronze_crm__segments as (

    select
        -- ids
        {{ to_text('segment_code') }} as segment_code,

        -- text
        {{ to_text('name') }} as segment_name,

        -- numbers
        {{ to_decimal('discount_percent', 5, 2) }} as discount_percent,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_crm__segments
