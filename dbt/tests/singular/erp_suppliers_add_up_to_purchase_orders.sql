{#- What the suppliers are paid is what their purchase orders are worth. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{- config(tags=['reconciliation']) -}}
with purchases as (

    select coalesce(sum(order_value_eur), 0) as total
    from {{ ref('erp_purchase_orders') }}
    where has_supplier = 1

),

suppliers as (

    select coalesce(sum(spend_eur), 0) as total from {{ ref('erp_supplier_performance') }}

)

select
    purchases.total,
    suppliers.total as gold_total
from purchases
cross join suppliers
where purchases.total <> suppliers.total
