{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
with events as (

    select * from {{ ref('engagement_events') }}
    where user_id is not null

),

user_weeks as (

    select
        user_id,
        {{ week_start('event_date') }} as activity_week,
        count(*) as event_count
    from events
    group by
        user_id,
        {{ week_start('event_date') }}

),

compared as (

    select
        user_weeks.*,
        min(activity_week) over (partition by user_id) as first_week
    from user_weeks

),

engagement_weekly_activity as (

    select
        -- dates
        activity_week,

        -- numbers
        cast(sum(event_count) as bigint) as event_count,
        count(*) as active_user_count,
        cast(sum(case when activity_week = first_week then 1 else 0 end) as bigint) as new_user_count,
        cast(sum(case when activity_week > first_week then 1 else 0 end) as bigint) as returning_user_count
    from compared
    group by activity_week

)

select * from engagement_weekly_activity
