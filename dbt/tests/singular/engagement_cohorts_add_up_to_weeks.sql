{#- Whoever was active in a week belongs to one cohort. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
{{- config(tags=['reconciliation']) -}}
with cohorts as (

    select
        activity_week,
        sum(active_user_count) as active_user_count
    from {{ ref('engagement_retention') }}
    group by activity_week

),

weeks as (

    select
        activity_week,
        active_user_count
    from {{ ref('engagement_weekly_activity') }}

)

select
    weeks.activity_week,
    weeks.active_user_count,
    cohorts.active_user_count as cohort_active_user_count
from weeks
full outer join cohorts
    on weeks.activity_week = cohorts.activity_week
where coalesce(weeks.active_user_count, 0) <> coalesce(cohorts.active_user_count, 0)
