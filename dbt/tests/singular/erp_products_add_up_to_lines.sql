{#- What the materials earned is what their lines are worth: none is lost, none counted twice. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{- config(tags=['reconciliation']) -}}
with lines as (

    select coalesce(sum(line_value_eur), 0) as total
    from {{ ref('erp_order_lines') }}
    where is_sold = 1 and has_material = 1

),

products as (

    select coalesce(sum(revenue_eur), 0) as total from {{ ref('erp_product_performance') }}

)

select
    lines.total,
    products.total as gold_total
from lines
cross join products
where lines.total <> products.total
