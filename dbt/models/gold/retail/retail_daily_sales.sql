{{- needs_transformation('aggregate') -}}
{{- needs_sources(['sales']) -}}
{{- keyed('retail_orders', ['order_date']) -}}
with orders as (

    select *
    from {{ ref('retail_orders') }} as sold
    {{- touched('sold') }}

),

retail_daily_sales as (

    select
        -- dates
        order_date,

        -- text
        coalesce(channel, 'unknown') as channel,

        -- numbers
        count(*) as order_count,
        count(*) - cast(sum(is_sold) as bigint) as cancelled_order_count,
        count(distinct customer_id) as customer_count,
        cast(sum(case when is_sold = 1 then unit_count else 0 end) as bigint) as unit_count,

        -- money
        sum(case when is_sold = 1 then goods_value_eur else 0 end) as revenue_eur,
        sum(case when is_sold = 1 then goods_cost_eur else 0 end) as cost_eur,
        sum(case when is_sold = 1 then shipping_amount_eur else 0 end) as shipping_eur,
        {{ ratio('sum(case when is_sold = 1 then goods_value_eur else 0 end)', 'sum(is_sold)', 4) }}
            as average_order_value_eur
    from orders
    group by
        order_date,
        coalesce(channel, 'unknown')

)

select * from retail_daily_sales
