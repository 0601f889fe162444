{#- The days' revenue is what the purchases in silver paid, to the cent, all currencies together. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with purchases as (

    select
        count(*) as purchase_count,
        coalesce(sum(amount), 0) as revenue_amount
    from {{ one_per_key('app_events', 'events', steps, ['received_at', '_interval_start']) }}
    where lower(trim(event_name)) = 'purchase'

),

days as (

    select
        coalesce(sum(purchase_count), 0) as purchase_count,
        coalesce(sum(revenue_amount), 0) as revenue_amount
    from {{ ref('engagement_daily_revenue') }}

)

select
    purchases.revenue_amount,
    days.revenue_amount as gold_revenue_amount
from purchases
cross join days
where
    purchases.purchase_count <> days.purchase_count
    or purchases.revenue_amount <> days.revenue_amount
