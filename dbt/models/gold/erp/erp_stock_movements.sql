{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set material_steps = ['clean', 'normalize', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
{{- keyed(nearest_name('erp', 'stock_movements', steps), ['movement_id']) -}}
with movements as (

    select *
    from {{ one_per_key('erp', 'stock_movements', steps, newest) }}
    {{- touched('stock_movements', [watch('erp', 'materials', material_steps, {'material_id': 'material_id'})]) }}

),

materials as (

    select *
    from {{ one_per_key('erp', 'materials', material_steps, newest) }}

),

erp_stock_movements as (

    select
        -- ids
        movements.movement_id,
        movements.plant_id,
        movements.material_id,

        -- text
        movements.movement_type,
        movements.unit_code,
        materials.material_name,
        materials.material_group,
        {{ step_column('validate', 'erp', 'stock_movements', 'movements._flags', text_type()) }} as flags,

        -- numbers
        movements.quantity,
        -- A type that says no way changes no stock.
        case
            when movements.movement_type in ('101', '651') then movements.quantity
            when movements.movement_type in ('201', '601', '702') then -movements.quantity
            else 0
        end as signed_quantity,

        -- flags
        case when movements.movement_type in ('201', '601') then 1 else 0 end as is_issue,
        case when materials.material_id is null then 0 else 1 end as has_material,

        -- money
        materials.unit_cost,

        -- dates
        cast(movements.posted_at as date) as posted_date,

        -- timestamps
        movements.updated_at
    from movements
    left join materials
        on movements.material_id = materials.material_id

)

select * from erp_stock_movements
