{#- The value of the days is the value of the lines that have an order, to the cent: an order's value is rounded to
    four digits, its lines are not. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'enrich', 'validate'] -%}
with order_lines as (

    select * from {{ one_per_key('adventureworks_sales', 'order_lines', steps) }}

),

orders as (

    select * from {{ ref('adventureworks_orders') }}

),

lines as (

    select
        sum(
            cast(order_lines.quantity as decimal(9, 0))
            * order_lines.unit_price
            * (1 - order_lines.unit_discount_share)
        ) as line_value
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id

),

days as (

    select sum(order_value) as order_value from {{ ref('adventureworks_daily_sales') }}

)

select
    lines.line_value,
    days.order_value
from lines
cross join days
where abs(coalesce(lines.line_value, 0) - coalesce(days.order_value, 0)) >= 0.01
