{#- An order is worth its lines: those of all orders together are those whose order is there. -#}
{{- needs_sources(['sales']) -}}
{{- config(tags=['reconciliation']) -}}
with lines as (

    select coalesce(sum(line_value_eur), 0) as goods_value_eur
    from {{ ref('retail_order_lines') }}
    where order_date is not null

),

orders as (

    select coalesce(sum(goods_value_eur), 0) as goods_value_eur from {{ ref('retail_orders') }}

)

select
    lines.goods_value_eur,
    orders.goods_value_eur as order_goods_value_eur
from lines
cross join orders
where lines.goods_value_eur <> orders.goods_value_eur
