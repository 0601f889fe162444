{#- What the products earned is what the days earned, to the cent. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales', 'adventureworks_production']) -}}
{{- config(tags=['reconciliation']) -}}
with products as (

    select sum(revenue) as revenue from {{ ref('adventureworks_product_performance') }}

),

days as (

    select sum(order_value) as order_value from {{ ref('adventureworks_daily_sales') }}

)

select
    products.revenue,
    days.order_value
from products
cross join days
where abs(coalesce(products.revenue, 0) - coalesce(days.order_value, 0)) >= 0.01
