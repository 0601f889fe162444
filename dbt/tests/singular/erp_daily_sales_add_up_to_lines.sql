{#- The revenue of the days is the value of the lines in silver whose order is there and not cancelled, to the cent. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
with order_lines as (

    select *
    from {{ one_per_key('erp', 'sales_order_lines', steps, newest) }}

),

orders as (

    select * from {{ one_per_key('erp', 'sales_orders', steps, newest) }}

),

sold as (

    select
        coalesce(sum(cast(
            cast(cast(order_lines.quantity as decimal(10, 0)) * order_lines.unit_price as decimal(18, 2))
            * orders.exchange_rate as decimal(18, 4)
        )), 0) as total
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id
    where orders.order_status <> 'CANC'

),

days as (

    select coalesce(sum(revenue_eur), 0) as total from {{ ref('erp_daily_sales') }}

)

select
    sold.total,
    days.total as gold_total
from sold
cross join days
where abs(sold.total - days.total) >= 0.01
