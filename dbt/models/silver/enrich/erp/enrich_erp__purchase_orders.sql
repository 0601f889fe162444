with purchase_orders as (

    select * from {{ nearest_step('erp', 'purchase_orders', ['clean', 'normalize']) }}

),

suppliers as (

    select *
    from {{ one_per_key(
        'erp', 'suppliers', ['clean', 'normalize'], ['supplier_id'], ['updated_at', '_interval_start']
    ) }}

),

materials as (

    select *
    from {{ one_per_key(
        'erp', 'materials', ['clean', 'normalize'], ['material_id'], ['updated_at', '_interval_start']
    ) }}

),

enrich_erp__purchase_orders as (

    select
        purchase_orders.*,
        case when suppliers.supplier_id is null then 0 else 1 end as has_supplier,
        suppliers.supplier_name,
        suppliers.country_code as supplier_country_code,
        case when materials.material_id is null then 0 else 1 end as has_material,
        materials.material_name,
        materials.material_group
    from purchase_orders
    left join suppliers
        on purchase_orders.supplier_id = suppliers.supplier_id
    left join materials
        on purchase_orders.material_id = materials.material_id

)

select * from enrich_erp__purchase_orders
