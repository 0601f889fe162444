with events as (

    select * from {{ nearest_step('app_events', 'events', []) }}

),

ranked as (

    select
        events.*,
        {{ version_rank(['event_id'], ['received_at', '_interval_start']) }} as _version_rank
    from events

),

clean_app_events__events as (

    select
        -- ids
        {{ clean_text('event_id') }} as event_id,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('session_id') }} as session_id,
        {{ clean_text('item_id') }} as item_id,

        -- text
        {{ clean_text('event_name') }} as event_name,
        {{ clean_text('platform') }} as platform,
        {{ clean_text('app_version') }} as app_version,
        {{ clean_text('country_code') }} as country_code,
        {{ clean_text('referrer') }} as referrer,
        {{ clean_text('currency_code') }} as currency_code,

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
    from ranked
    where _version_rank = 1

)

select * from clean_app_events__events
