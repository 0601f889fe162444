{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
{{- keyed('engagement_events', ['event_date']) -}}
with purchases as (

    select *
    from {{ ref('engagement_events') }} as happened
    {{- touched('happened') }}

),

engagement_daily_revenue as (

    select
        -- dates
        event_date,

        -- text
        coalesce(currency_code, 'unknown') as currency_code,

        -- numbers
        count(*) as purchase_count,
        count(distinct user_id) as paying_user_count,

        -- money
        sum(amount) as revenue_amount,
        {{ ratio('sum(amount)', 'count(amount)', 4) }} as average_purchase_amount
    from purchases
    where is_purchase = 1
    group by
        event_date,
        coalesce(currency_code, 'unknown')

)

select * from engagement_daily_revenue
