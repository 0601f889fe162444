{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
with orders as (

    select * from {{ ref('erp_orders') }}
    where is_sold = 1

),

latest as (

    -- Recency counts from the last day anything was written: a run of an old interval says what it said then.
    select max(cast(updated_at as date)) as last_day from orders

),

bought as (

    select
        customer_id,
        max(customer_country_code) as country_code,
        max(customer_segment_code) as segment_code,
        count(*) as order_count,
        sum(order_value_eur) as lifetime_value_eur,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from orders
    where customer_id is not null
    group by customer_id

),

erp_customer_value as (

    select
        -- ids
        bought.customer_id,

        -- text
        bought.country_code,
        bought.segment_code,

        -- numbers
        bought.order_count,
        case
            -- An order dated ahead was placed some time until today.
            when bought.last_order_date > latest.last_day then 0
            else {{ days_between('bought.last_order_date', 'latest.last_day') }}
        end as recency_days,

        -- money
        bought.lifetime_value_eur,
        {{ ratio('bought.lifetime_value_eur', 'bought.order_count', 4) }} as average_order_value_eur,

        -- dates
        bought.first_order_date,
        bought.last_order_date
    from bought
    cross join latest

)

select * from erp_customer_value
