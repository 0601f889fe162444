{%- set newest = ['updated_at', '_interval_start'] -%}
with stock as (

    select *
    from {{ one_per_key(
        'inventory', 'stock', ['clean', 'enrich', 'validate'],
        ['counted_at', '_interval_start']
    ) }}

),

products as (

    select *
    from {{ one_per_key('inventory', 'products', ['clean', 'normalize', 'validate'], newest) }}

),

warehouses as (

    select * from {{ one_per_key('inventory', 'warehouses', ['clean'], newest) }}

),

retail_stock as (

    select
        -- ids
        stock.warehouse_id,
        stock.product_id,

        -- text
        warehouses.warehouse_name,
        warehouses.country_code,
        products.product_name,
        products.category,
        {{ step_column('validate', 'inventory', 'stock', 'stock._flags', text_type()) }} as flags,

        -- numbers
        stock.on_hand_quantity,
        stock.reserved_quantity,
        stock.on_hand_quantity - stock.reserved_quantity as available_quantity,
        stock.reorder_point,

        -- flags
        case when stock.on_hand_quantity < stock.reorder_point then 1 else 0 end as is_below_reorder_point,

        -- money
        products.unit_cost,
        cast(cast(stock.on_hand_quantity as decimal(10, 0)) * products.unit_cost as decimal(18, 4)) as stock_value,

        -- timestamps
        stock.counted_at
    from stock
    left join products
        on stock.product_id = products.product_id
    left join warehouses
        on stock.warehouse_id = warehouses.warehouse_id

)

select * from retail_stock
