{#- The stock is what silver's movements brought in less what they took out. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
with movements as (

    select
        coalesce(sum(
            case
                when movement_type in ('101', '651') then quantity
                when movement_type in ('201', '601', '702') then -quantity
                else 0
            end
        ), 0) as total
    from {{ one_per_key('erp', 'stock_movements', steps, newest) }}

),

positions as (

    select coalesce(sum(on_hand_quantity), 0) as total from {{ ref('erp_inventory_position') }}

)

select
    movements.total,
    positions.total as gold_total
from movements
cross join positions
where movements.total <> positions.total
