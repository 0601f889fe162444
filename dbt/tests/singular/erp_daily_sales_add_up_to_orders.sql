{#- Gold's days hold every sales order that left silver, once. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
with orders as (

    select count(*) as total
    from {{ one_per_key('erp', 'sales_orders', steps, newest) }}

),

days as (

    select coalesce(sum(order_count), 0) as total from {{ ref('erp_daily_sales') }}

)

select
    orders.total,
    days.total as gold_total
from orders
cross join days
where orders.total <> days.total
