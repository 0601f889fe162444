with stock_movements as (

    select * from {{ nearest_step('erp', 'stock_movements', ['clean', 'normalize']) }}

),

materials as (

    select *
    from {{ one_per_key(
        'erp', 'materials', ['clean', 'normalize'], ['material_id'], ['updated_at', '_interval_start']
    ) }}

),

enrich_erp__stock_movements as (

    select
        stock_movements.*,
        case when materials.material_id is null then 0 else 1 end as has_material,
        materials.material_name,
        materials.material_group
    from stock_movements
    left join materials
        on stock_movements.material_id = materials.material_id

)

select * from enrich_erp__stock_movements
