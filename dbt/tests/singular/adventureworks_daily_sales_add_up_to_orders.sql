{#- Gold's days hold every order that left silver, once, and its whole value. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with orders as (

    select
        count(*) as order_count,
        sum(order_value) as order_value
    from {{ one_per_key('adventureworks_sales', 'orders', steps) }}

),

days as (

    select
        sum(order_count) as order_count,
        sum(order_value) as order_value
    from {{ ref('adventureworks_daily_sales') }}

)

select
    orders.order_count as silver_order_count,
    days.order_count as gold_order_count,
    orders.order_value as silver_order_value,
    days.order_value as gold_order_value
from orders
cross join days
where
    orders.order_count <> coalesce(days.order_count, 0)
    or coalesce(orders.order_value, 0) <> coalesce(days.order_value, 0)
