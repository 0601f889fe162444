with landed as (

    select * from {{ landed('inventory', 'stock') }}

),

bronze_inventory__stock as (

    select
        -- ids
        {{ to_text('warehouse_id') }} as warehouse_id,
        {{ to_text('product_id') }} as product_id,

        -- numbers
        {{ to_integer('on_hand', typed=true) }} as on_hand_quantity,
        {{ to_integer('reserved', typed=true) }} as reserved_quantity,
        {{ to_integer('reorder_point', typed=true) }} as reorder_point,

        -- timestamps
        {{ to_timestamp('counted_at', typed=true) }} as counted_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_inventory__stock
