{#- Gold's days hold every order that left silver, once. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['sales']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with orders as (

    select count(*) as order_count
    from {{ one_per_key('sales', 'orders', steps, ['updated_at', '_interval_start']) }}

),

days as (

    select coalesce(sum(order_count), 0) as order_count from {{ ref('retail_daily_sales') }}

)

select
    orders.order_count,
    days.order_count as gold_order_count
from orders
cross join days
where orders.order_count <> days.order_count
