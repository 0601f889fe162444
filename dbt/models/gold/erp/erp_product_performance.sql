{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{%- set newest = ['updated_at', '_interval_start'] -%}
with materials as (

    select *
    from {{ one_per_key('erp', 'materials', ['clean', 'normalize', 'validate'], newest) }}

),

order_lines as (

    select * from {{ ref('erp_order_lines') }}
    where is_sold = 1

),

sold as (

    select
        material_id,
        count(distinct order_id) as order_count,
        cast(sum(quantity) as bigint) as units_sold,
        sum(line_value_eur) as revenue_eur,
        sum(line_cost_eur) as cost_eur
    from order_lines
    group by material_id

),

erp_product_performance as (

    select
        -- ids
        materials.material_id,

        -- text
        materials.material_name,
        materials.material_group,

        -- numbers
        coalesce(sold.order_count, 0) as order_count,
        coalesce(sold.units_sold, 0) as units_sold,

        -- money
        materials.list_price,
        materials.unit_cost,
        coalesce(sold.revenue_eur, 0) as revenue_eur,
        coalesce(sold.cost_eur, 0) as cost_eur,
        coalesce(sold.revenue_eur - sold.cost_eur, 0) as margin_eur,

        -- shares
        {{ ratio('sold.revenue_eur - sold.cost_eur', 'sold.revenue_eur') }} as margin_share
    from materials
    left join sold
        on materials.material_id = sold.material_id

)

select * from erp_product_performance
