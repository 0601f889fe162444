{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
with events as (

    select * from {{ ref('engagement_events') }}

),

days as (

    select
        event_date,
        count(*) as event_count,
        count(distinct session_id) as session_count,
        count(distinct user_id) as daily_active_users
    from events
    group by event_date

),

user_days as (

    select distinct
        user_id,
        event_date
    from events
    where user_id is not null

),

trailing_weeks as (

    -- A day's week is itself and the six days before it.
    select
        days.event_date,
        count(distinct user_days.user_id) as weekly_active_users
    from days
    inner join user_days
        on
            days.event_date >= user_days.event_date
            and days.event_date < {{ days_after('user_days.event_date', 7) }}
    group by days.event_date

),

engagement_daily_activity as (

    select
        -- dates
        days.event_date,

        -- numbers
        days.event_count,
        days.session_count,
        days.daily_active_users,
        coalesce(trailing_weeks.weekly_active_users, 0) as weekly_active_users,
        {{ ratio('days.daily_active_users', 'trailing_weeks.weekly_active_users', 4) }} as stickiness
    from days
    left join trailing_weeks
        on days.event_date = trailing_weeks.event_date

)

select * from engagement_daily_activity
