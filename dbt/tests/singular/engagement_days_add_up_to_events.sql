{#- Gold's days hold every event that left silver, once. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with events as (

    select count(*) as event_count
    from {{ one_per_key('app_events', 'events', steps, ['received_at', '_interval_start']) }}

),

days as (

    select coalesce(sum(event_count), 0) as event_count from {{ ref('engagement_daily_activity') }}

)

select
    events.event_count,
    days.event_count as gold_event_count
from events
cross join days
where events.event_count <> days.event_count
