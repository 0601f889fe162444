{#- The revenue of the days is the value of the lines in silver whose order is there and not cancelled, to the cent. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['sales']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
with order_lines as (

    select *
    from {{ one_per_key(
        'sales', 'order_lines', ['clean', 'enrich', 'validate'], newest
    ) }}

),

orders as (

    select *
    from {{ one_per_key('sales', 'orders', steps, newest) }}

),

sold as (

    select
        cast(cast(order_lines.quantity as decimal(10, 0)) * order_lines.unit_price as decimal(18, 4))
        * (100 - order_lines.discount_percent) * 0.01 as line_value,
        orders.exchange_rate
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id
    where orders.order_status <> 'cancelled'

),

lines as (

    select coalesce(sum(cast(cast(line_value as decimal(18, 2)) * exchange_rate as decimal(18, 4))), 0) as revenue_eur
    from sold

),

days as (

    select coalesce(sum(revenue_eur), 0) as revenue_eur from {{ ref('retail_daily_sales') }}

)

select
    lines.revenue_eur,
    days.revenue_eur as gold_revenue_eur
from lines
cross join days
where abs(lines.revenue_eur - days.revenue_eur) >= 0.01
