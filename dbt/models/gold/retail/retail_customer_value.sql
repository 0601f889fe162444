{{- needs_transformation('aggregate') -}}
{{- needs_sources(['crm', 'sales']) -}}
with customers as (

    select * from {{ ref('retail_customers') }}

),

orders as (

    select * from {{ ref('retail_orders') }}
    where is_sold = 1

),

latest as (

    -- Recency counts from the last day the shop wrote anything: a run of an old interval says what it said then.
    select max(cast(updated_at as date)) as last_day from orders

),

bought as (

    select
        customer_id,
        count(*) as order_count,
        sum(goods_value_eur) as lifetime_value_eur,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from orders
    group by customer_id

),

retail_customer_value as (

    select
        -- ids
        customers.customer_id,
        customers.segment_code,

        -- text
        customers.country_code,

        -- numbers
        coalesce(bought.order_count, 0) as order_count,
        case
            -- An order dated ahead was placed some time until today.
            when bought.last_order_date > latest.last_day then 0
            else {{ days_between('bought.last_order_date', 'latest.last_day') }}
        end as recency_days,

        -- money
        coalesce(bought.lifetime_value_eur, 0) as lifetime_value_eur,
        {{ ratio('bought.lifetime_value_eur', 'bought.order_count', 4) }} as average_order_value_eur,

        -- dates
        customers.registered_date,
        bought.first_order_date,
        bought.last_order_date
    from customers
    cross join latest
    left join bought
        on customers.customer_id = bought.customer_id

)

select * from retail_customer_value
