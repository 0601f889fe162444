with events as (

    select * from {{ nearest_step('app_events', 'events', ['clean']) }}

),

normalize_app_events__events as (

    select
        -- ids
        event_id,
        user_id,
        session_id,
        item_id,

        -- text
        lower(trim(event_name)) as event_name,
        lower(trim(platform)) as platform,
        app_version,
        {{ country_code('country_code') }} as country_code,
        lower(referrer) as referrer,
        upper(trim(currency_code)) as currency_code,

        -- numbers
        attempt,

        -- money
        amount,

        -- timestamps
        occurred_at,
        received_at,

        -- landing
        _interval_start,
        _run_date
    from events

)

select * from normalize_app_events__events
