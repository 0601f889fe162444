with landed as (

    select * from {{ landed('user_data', 'plans') }}

),

bronze_user_data__plans as (

    select
        -- ids
        {{ to_text('plan_code') }} as plan_code,

        -- text
        {{ to_text('name') }} as plan_name,

        -- money
        {{ to_decimal('monthly_price') }} as monthly_price,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_user_data__plans
