with customers as (

    select * from {{ nearest_step('crm', 'customers', ['clean']) }}

),

normalize_crm__customers as (

    select
        -- ids
        customer_id,
        upper(segment_code) as segment_code,

        -- text
        first_name,
        last_name,
        lower(email) as email,
        phone,
        {{ country_code('country_code') }} as country_code,

        -- flags
        is_marketing_allowed,

        -- timestamps
        registered_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from customers

)

select * from normalize_crm__customers
