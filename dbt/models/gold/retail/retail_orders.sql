{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
{{- keyed(nearest_name('sales', 'orders', steps), ['order_id'], logged=['order_date']) -}}
with orders as (

    select *
    from {{ one_per_key('sales', 'orders', steps, newest) }}
    {{- touched('orders', [
        watch('sales', 'payments', steps, {'order_id': 'order_id'}),
        watch_model('retail_order_lines', {'order_id': 'order_id'}),
    ]) }}

),

payments as (

    select * from {{ one_per_key('sales', 'payments', steps, newest) }}

),

order_lines as (

    select * from {{ ref('retail_order_lines') }}

),

ordered as (

    select
        order_id,
        count(*) as line_count,
        cast(sum(quantity) as bigint) as unit_count,
        sum(line_value) as goods_value,
        sum(line_value_eur) as goods_value_eur,
        sum(line_cost_eur) as goods_cost_eur
    from order_lines
    group by order_id

),

paid as (

    select
        order_id,
        sum(paid_amount) as paid_amount
    from payments
    group by order_id

),

retail_orders as (

    select
        -- ids
        orders.order_id,
        orders.customer_id,

        -- text
        orders.channel,
        orders.order_status,
        orders.ship_country_code,
        orders.currency_code,
        {{ step_column('enrich', 'sales', 'orders', 'orders.customer_segment_code', text_type()) }}
            as customer_segment_code,
        {{ step_column('validate', 'sales', 'orders', 'orders._flags', text_type()) }} as flags,

        -- numbers
        coalesce(ordered.line_count, 0) as line_count,
        coalesce(ordered.unit_count, 0) as unit_count,

        -- flags
        case when orders.order_status <> 'cancelled' then 1 else 0 end as is_sold,

        -- money
        coalesce(ordered.goods_value, 0) as goods_value,
        orders.shipping_amount,
        coalesce(ordered.goods_value, 0) + orders.shipping_amount as order_value,
        coalesce(paid.paid_amount, 0) as paid_amount,
        case
            when orders.order_status = 'cancelled' then 0
            else coalesce(ordered.goods_value, 0) + orders.shipping_amount
        end - coalesce(paid.paid_amount, 0) as open_amount,
        coalesce(ordered.goods_value_eur, 0) as goods_value_eur,
        coalesce(ordered.goods_cost_eur, 0) as goods_cost_eur,
        cast(orders.shipping_amount * orders.exchange_rate as decimal(18, 4)) as shipping_amount_eur,

        -- dates
        cast(orders.ordered_at as date) as order_date,

        -- timestamps
        orders.ordered_at,
        orders.updated_at
    from orders
    left join ordered
        on orders.order_id = ordered.order_id
    left join paid
        on orders.order_id = paid.order_id

)

select * from retail_orders
