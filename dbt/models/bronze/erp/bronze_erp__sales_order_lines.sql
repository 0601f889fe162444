with landed as (

    select * from {{ landed('erp', 'sales_order_lines') }}

),

bronze_erp__sales_order_lines as (

    select
        -- ids
        {{ to_text('sales_order') }} as order_id,
        {{ to_text('material') }} as material_id,

        -- text
        {{ to_text('unit') }} as unit_code,

        -- numbers
        {{ to_integer('item', typed=true) }} as line_number,
        {{ to_integer('quantity', typed=true) }} as quantity,

        -- money
        {{ to_decimal('net_price', 12, 4, typed=true) }} as unit_price,

        -- timestamps
        {{ to_timestamp('changed_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_erp__sales_order_lines
