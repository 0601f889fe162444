with stock as (

    select * from {{ nearest_step('inventory', 'stock', []) }}

),

ranked as (

    select
        stock.*,
        {{ version_rank(['warehouse_id', 'product_id'], ['counted_at', '_interval_start']) }} as _version_rank
    from stock

),

clean_inventory__stock as (

    select
        -- ids
        {{ clean_text('warehouse_id') }} as warehouse_id,
        {{ clean_text('product_id') }} as product_id,

        -- numbers
        on_hand_quantity,
        reserved_quantity,
        reorder_point,

        -- timestamps
        counted_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_inventory__stock
