with landed as (

    select * from {{ landed('erp', 'stock_movements') }}

),

bronze_erp__stock_movements as (

    select
        -- ids
        {{ to_text('movement') }} as movement_id,
        {{ to_text('plant') }} as plant_id,
        {{ to_text('material') }} as material_id,

        -- text
        {{ to_text('movement_type') }} as movement_type,
        {{ to_text('unit') }} as unit_code,

        -- numbers
        {{ to_integer('quantity', typed=true) }} as quantity,

        -- timestamps
        {{ to_timestamp('posted_at', typed=true) }} as posted_at,
        {{ to_timestamp('changed_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_erp__stock_movements
