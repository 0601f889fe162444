{{- needs_transformation('aggregate') -}}
{{- needs_sources(['inventory']) -}}
with stock as (

    select * from {{ ref('retail_stock') }}

),

retail_warehouse_position as (

    select
        -- ids
        warehouse_id,

        -- text
        max(warehouse_name) as warehouse_name,
        max(country_code) as country_code,

        -- numbers
        count(*) as product_count,
        cast(sum(on_hand_quantity) as bigint) as on_hand_quantity,
        cast(sum(available_quantity) as bigint) as available_quantity,
        cast(sum(is_below_reorder_point) as bigint) as below_reorder_point_count,

        -- money
        sum(stock_value) as stock_value,

        -- timestamps
        max(counted_at) as last_counted_at
    from stock
    group by warehouse_id

)

select * from retail_warehouse_position
