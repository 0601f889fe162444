with landed as (

    select * from {{ landed('erp', 'materials') }}

),

bronze_erp__materials as (

    select
        -- ids
        {{ to_text('material') }} as material_id,

        -- text
        {{ to_text('description') }} as material_name,
        {{ to_text('material_group') }} as material_group,
        {{ to_text('base_unit') }} as unit_code,

        -- numbers
        {{ to_integer('safety_stock', typed=true) }} as safety_quantity,

        -- money
        {{ to_decimal('standard_price', 12, 4, typed=true) }} as unit_cost,
        {{ to_decimal('list_price', 12, 4, typed=true) }} as list_price,

        -- timestamps
        {{ to_timestamp('changed_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_erp__materials
