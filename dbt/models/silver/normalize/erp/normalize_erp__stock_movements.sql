with stock_movements as (

    select * from {{ nearest_step('erp', 'stock_movements', ['clean']) }}

),

normalize_erp__stock_movements as (

    select
        -- ids
        movement_id,
        plant_id,
        material_id,

        -- text
        movement_type,
        upper(trim(unit_code)) as unit_code,

        -- numbers
        quantity,

        -- timestamps
        posted_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from stock_movements

)

select * from normalize_erp__stock_movements
