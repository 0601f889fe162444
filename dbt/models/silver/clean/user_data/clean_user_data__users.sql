with users as (

    select * from {{ nearest_step('user_data', 'users', []) }}

),

ranked as (

    select
        users.*,
        {{ version_rank(['user_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from users

),

clean_user_data__users as (

    select
        -- ids
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('plan_code') }} as plan_code,

        -- text
        {{ clean_text('email') }} as email,
        {{ clean_text('country_code') }} as country_code,

        -- numbers
        seat_count,

        -- timestamps
        signed_up_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_user_data__users
