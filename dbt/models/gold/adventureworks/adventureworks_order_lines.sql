{%- set line_steps = ['clean', 'enrich', 'validate'] -%}
{%- set product_steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{{- keyed(nearest_name('adventureworks_sales', 'order_lines', line_steps), ['order_line_id']) -}}
with order_lines as (

    select *
    from {{ one_per_key('adventureworks_sales', 'order_lines', line_steps) }}
    {{- touched('order_lines', [
        watch_model('adventureworks_orders', {'order_id': 'order_id'}),
        watch('adventureworks_production', 'products', product_steps, {'product_id': 'product_id'}),
    ]) }}

),

orders as (

    select * from {{ ref('adventureworks_orders') }}

),

products as (

    select * from {{ one_per_key('adventureworks_production', 'products', product_steps) }}

),

adventureworks_order_lines as (

    select
        -- ids
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.product_id,
        orders.customer_id,

        -- text
        orders.sales_channel,
        products.product_name,

        -- numbers
        order_lines.quantity,
        order_lines.unit_discount_share,

        -- flags
        case when orders.order_id is null then 0 else 1 end as has_order,

        -- money
        order_lines.unit_price,
        cast(
            cast(order_lines.quantity as decimal(9, 0)) * order_lines.unit_price * (1 - order_lines.unit_discount_share)
            as decimal(18, 6)
        ) as line_value,
        cast(cast(order_lines.quantity as decimal(9, 0)) * products.standard_cost as decimal(18, 6)) as line_cost,

        -- dates
        orders.order_date
    from order_lines
    left join orders
        on order_lines.order_id = orders.order_id
    left join products
        on order_lines.product_id = products.product_id

)

select * from adventureworks_order_lines
