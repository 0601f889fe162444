with users as (

    select * from {{ nearest_step('user_data', 'users', ['clean']) }}

),

normalize_user_data__users as (

    select
        -- ids
        user_id,
        upper(trim(plan_code)) as plan_code,

        -- text
        lower(trim(email)) as email,
        {{ country_code('country_code') }} as country_code,

        -- numbers
        seat_count,

        -- timestamps
        signed_up_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from users

)

select * from normalize_user_data__users
