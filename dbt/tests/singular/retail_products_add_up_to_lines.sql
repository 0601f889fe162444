{#- What the products earned is what their lines are worth: no product is lost, none counted twice. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['inventory', 'sales']) -}}
{{- config(tags=['reconciliation']) -}}
with lines as (

    select coalesce(sum(line_value_eur), 0) as revenue_eur
    from {{ ref('retail_order_lines') }}
    where is_sold = 1 and has_product = 1

),

products as (

    select coalesce(sum(revenue_eur), 0) as revenue_eur from {{ ref('retail_product_performance') }}

)

select
    lines.revenue_eur,
    products.revenue_eur as product_revenue_eur
from lines
cross join products
where lines.revenue_eur <> products.revenue_eur
