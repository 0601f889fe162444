with landed as (

    select * from {{ landed('app_events', 'events') }}

),

bronze_app_events__events as (

    select
        -- ids
        {{ to_text('event_id') }} as event_id,
        {{ to_text('user_id') }} as user_id,
        {{ to_text('session_id') }} as session_id,
        {{ to_text('item_id') }} as item_id,

        -- text
        {{ to_text('event_name') }} as event_name,
        {{ to_text('platform') }} as platform,
        {{ to_text('app_version') }} as app_version,
        {{ to_text('country') }} as country_code,
        {{ to_text('referrer') }} as referrer,
        {{ to_text('currency') }} as currency_code,

        -- numbers
        {{ to_integer('attempt', typed=true) }} as attempt,

        -- money
        {{ to_decimal('amount', typed=true) }} as amount,

        -- timestamps
        {{ to_timestamp('occurred_at', typed=true) }} as occurred_at,
        {{ to_timestamp('received_at', typed=true) }} as received_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_app_events__events
