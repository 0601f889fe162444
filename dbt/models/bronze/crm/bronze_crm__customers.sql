with landed as (

    select * from {{ landed('crm', 'customers') }}

),

bronze_crm__customers as (

    select
        -- ids
        {{ to_text('customer_id') }} as customer_id,
        {{ to_text('segment_code') }} as segment_code,

        -- text
        {{ to_text('first_name') }} as first_name,
        {{ to_text('last_name') }} as last_name,
        {{ to_text('email') }} as email,
        {{ to_text('phone') }} as phone,
        {{ to_text('country') }} as country_code,

        -- flags
        {{ to_flag('marketing_consent') }} as is_marketing_allowed,

        -- timestamps
        {{ to_timestamp('registered_at') }} as registered_at,
        {{ to_timestamp('updated_at') }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_crm__customers
