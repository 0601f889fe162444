{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{{- keyed(nearest_name('app_events', 'events', steps), ['event_id'], logged=['event_date']) -}}
with events as (

    select *
    from {{ one_per_key('app_events', 'events', steps, ['received_at', '_interval_start']) }}
    {{- touched('events') }}

),

engagement_events as (

    select
        -- ids
        event_id,
        -- Nobody is no user, whatever steps the client lists: blanks would count as one more.
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('session_id') }} as session_id,
        item_id,

        -- text
        -- In the spelling that the rules read, for the aggregated marts are by name and currency.
        lower(trim(event_name)) as event_name,
        lower(trim(platform)) as platform,
        app_version,
        country_code,
        referrer,
        upper(trim(currency_code)) as currency_code,
        {{ step_column('enrich', 'app_events', 'events', 'user_plan_code', text_type()) }} as user_plan_code,
        {{ step_column('validate', 'app_events', 'events', '_flags', text_type()) }} as flags,

        -- flags
        case when lower(trim(event_name)) = 'purchase' then 1 else 0 end as is_purchase,

        -- money
        amount,

        -- dates
        cast(occurred_at as date) as event_date,

        -- timestamps
        occurred_at,
        received_at
    from events

)

select * from engagement_events
