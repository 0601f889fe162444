{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
with events as (

    select * from {{ ref('engagement_events') }}
    where user_id is not null

),

user_weeks as (

    select distinct
        user_id,
        {{ week_start('event_date') }} as activity_week
    from events

),

compared as (

    select
        user_weeks.*,
        min(activity_week) over (partition by user_id) as cohort_week
    from user_weeks

),

active as (

    select
        cohort_week,
        activity_week,
        count(*) as active_user_count
    from compared
    group by
        cohort_week,
        activity_week

),

engagement_retention as (

    -- All of a cohort are active in its first week: that is what makes them its users.
    select
        -- dates
        active.cohort_week,
        active.activity_week,

        -- numbers
        cast({{ ratio(days_between('active.cohort_week', 'active.activity_week'), 7, 0) }} as integer) as weeks_since,
        cohorts.active_user_count as cohort_user_count,
        active.active_user_count,
        {{ ratio('active.active_user_count', 'cohorts.active_user_count', 4) }} as retained_share
    from active
    inner join active as cohorts
        on
            active.cohort_week = cohorts.cohort_week
            and cohorts.activity_week = cohorts.cohort_week

)

select * from engagement_retention
