with materials as (

    select * from {{ nearest_step('erp', 'materials', ['clean']) }}

),

normalize_erp__materials as (

    select
        -- ids
        material_id,

        -- text
        material_name,
        material_group,
        upper(trim(unit_code)) as unit_code,

        -- numbers
        safety_quantity,

        -- money
        unit_cost,
        list_price,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from materials

)

select * from normalize_erp__materials
