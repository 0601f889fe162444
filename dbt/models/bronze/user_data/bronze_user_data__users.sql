with landed as (

    select * from {{ landed('user_data', 'users') }}

),

bronze_user_data__users as (

    select
        -- ids
        {{ to_text('user_id') }} as user_id,
        {{ to_text('plan_code') }} as plan_code,

        -- text
        {{ to_text('email') }} as email,
        {{ to_text('country') }} as country_code,

        -- numbers
        {{ to_integer('seat_count') }} as seat_count,

        -- timestamps
        {{ to_timestamp('signed_up_at') }} as signed_up_at,
        {{ to_timestamp('updated_at') }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_user_data__users
