with plans as (

    select * from {{ nearest_step('user_data', 'plans', []) }}

),

ranked as (

    select
        plans.*,
        {{ version_rank(['plan_code'], ['_interval_start']) }} as _version_rank
    from plans

),

clean_user_data__plans as (

    select
        -- ids
        {{ clean_text('plan_code') }} as plan_code,

        -- text
        {{ clean_text('plan_name') }} as plan_name,

        -- money
        monthly_price,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_user_data__plans
