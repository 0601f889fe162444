{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales']) -}}
{{- keyed('adventureworks_orders', ['order_date']) -}}
with orders as (

    select *
    from {{ ref('adventureworks_orders') }} as sold
    {{- touched('sold') }}

),

days as (

    select
        order_date,
        count(*) as order_count,
        cast(sum(is_online) as bigint) as online_order_count,
        count(distinct customer_id) as customer_count,
        sum(order_value) as order_value,
        sum(case when is_online = 1 then order_value else 0 end) as online_order_value
    from orders
    group by order_date

),

adventureworks_daily_sales as (

    select
        -- dates
        order_date,

        -- numbers
        order_count,
        online_order_count,
        order_count - online_order_count as offline_order_count,
        customer_count,
        {{ ratio('online_order_count', 'order_count') }} as online_order_share,
        {{ ratio('online_order_value', 'order_value') }} as online_value_share,

        -- money
        order_value,
        online_order_value,
        order_value - online_order_value as offline_order_value,
        {{ ratio('order_value', 'order_count', 4) }} as average_order_value
    from days

)

select * from adventureworks_daily_sales
