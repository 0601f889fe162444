{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set line_steps = ['clean', 'enrich', 'validate'] -%}
{%- set product_steps = ['clean', 'normalize', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
{{- keyed(nearest_name('sales', 'order_lines', line_steps), ['order_id', 'line_number']) -}}
with order_lines as (

    select *
    from {{ one_per_key('sales', 'order_lines', line_steps, newest) }}
    {{- touched('order_lines', [
        watch('sales', 'orders', steps, {'order_id': 'order_id'}),
        watch('inventory', 'products', product_steps, {'product_id': 'product_id'}),
    ]) }}

),

orders as (

    select * from {{ one_per_key('sales', 'orders', steps, newest) }}

),

products as (

    select *
    from {{ one_per_key_or_none(
        'inventory', 'products', product_steps,
        {
            'product_id': text_type(), 'product_name': text_type(), 'category': text_type(),
            'unit_cost': 'decimal(18, 4)',
        },
        newest,
    ) }}

),

valued as (

    -- Rounded to the cent line by line, as the shop charges it.
    select
        order_lines.*,
        cast(
            cast(quantity as decimal(10, 0)) * unit_price * (100 - discount_percent) * 0.01 as decimal(18, 2)
        ) as line_value
    from order_lines

),

retail_order_lines as (

    select
        -- ids
        valued.order_id,
        valued.product_id,
        orders.customer_id,

        -- text
        orders.channel,
        orders.order_status,
        orders.currency_code,
        products.product_name,
        products.category,
        {{ step_column('validate', 'sales', 'order_lines', 'valued._flags', text_type()) }} as flags,

        -- numbers
        valued.line_number,
        valued.quantity,
        valued.discount_percent,

        -- flags
        case when orders.order_status <> 'cancelled' then 1 else 0 end as is_sold,
        {{ has_joined('inventory', 'products.product_id') }} as has_product,

        -- money
        valued.unit_price,
        valued.line_value,
        cast(valued.line_value * orders.exchange_rate as decimal(18, 4)) as line_value_eur,
        cast(cast(valued.quantity as decimal(10, 0)) * products.unit_cost as decimal(18, 4)) as line_cost_eur,

        -- dates
        cast(orders.ordered_at as date) as order_date
    from valued
    left join orders
        on valued.order_id = orders.order_id
    left join products
        on valued.product_id = products.product_id

)

select * from retail_order_lines
