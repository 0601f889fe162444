{#- A sales order is worth its lines: those of all orders together are those whose order is there. -#}
{{- needs_sources(['erp']) -}}
{{- config(tags=['reconciliation']) -}}
with lines as (

    select coalesce(sum(line_value_eur), 0) as total
    from {{ ref('erp_order_lines') }}
    where order_date is not null

),

orders as (

    select coalesce(sum(order_value_eur), 0) as total from {{ ref('erp_orders') }}

)

select
    lines.total,
    orders.total as gold_total
from lines
cross join orders
where lines.total <> orders.total
