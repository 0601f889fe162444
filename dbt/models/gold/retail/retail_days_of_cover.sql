{{- needs_transformation('aggregate') -}}
{{- needs_sources(['inventory', 'sales']) -}}
with stock as (

    select * from {{ ref('retail_stock') }}

),

order_lines as (

    select * from {{ ref('retail_order_lines') }}
    where is_sold = 1

),

counted as (

    select max(cast(counted_at as date)) as last_day from stock

),

recent as (

    -- Four whole weeks up to the count, so that every weekday weighs the same.
    select
        order_lines.product_id,
        order_lines.order_date,
        order_lines.quantity
    from order_lines
    cross join counted
    where {{ days_between('order_lines.order_date', 'counted.last_day') }} between 0 and 27

),

traded as (

    -- A young shop has traded on fewer days than four weeks have.
    select count(distinct order_date) as day_count from recent

),

sold as (

    select
        product_id,
        cast(sum(quantity) as bigint) as units_sold
    from recent
    group by product_id

),

lying as (

    select
        product_id,
        max(product_name) as product_name,
        max(category) as category,
        count(*) as warehouse_count,
        cast(sum(on_hand_quantity) as bigint) as on_hand_quantity,
        cast(sum(available_quantity) as bigint) as available_quantity,
        sum(stock_value) as stock_value
    from stock
    group by product_id

),

retail_days_of_cover as (

    select
        -- ids
        lying.product_id,

        -- text
        lying.product_name,
        lying.category,

        -- numbers
        lying.warehouse_count,
        lying.on_hand_quantity,
        lying.available_quantity,
        coalesce(sold.units_sold, 0) as recent_units_sold,
        {{ ratio('coalesce(sold.units_sold, 0)', 'traded.day_count', 4) }} as daily_units_sold,
        {{ ratio('lying.available_quantity * traded.day_count', 'sold.units_sold', 1) }} as days_of_cover,

        -- money
        lying.stock_value
    from lying
    cross join traded
    left join sold
        on lying.product_id = sold.product_id

)

select * from retail_days_of_cover
