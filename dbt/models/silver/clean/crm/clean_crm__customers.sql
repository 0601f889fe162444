with customers as (

    select * from {{ nearest_step('crm', 'customers', []) }}

),

ranked as (

    select
        customers.*,
        {{ version_rank(['customer_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from customers

),

clean_crm__customers as (

    select
        -- ids
        {{ clean_text('customer_id') }} as customer_id,
        {{ clean_text('segment_code') }} as segment_code,

        -- text
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('last_name') }} as last_name,
        {{ clean_text('email') }} as email,
        {{ clean_text('phone') }} as phone,
        {{ clean_text('country_code') }} as country_code,

        -- flags
        is_marketing_allowed,

        -- timestamps
        registered_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_crm__customers
