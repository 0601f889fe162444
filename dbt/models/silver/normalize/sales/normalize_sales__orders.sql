with orders as (

    select * from {{ nearest_step('sales', 'orders', ['clean']) }}

),

normalize_sales__orders as (

    select
        -- ids
        order_id,
        customer_id,

        -- text
        lower(channel) as channel,
        lower(order_status) as order_status,
        {{ country_code('ship_country_code') }} as ship_country_code,
        upper(trim(currency_code)) as currency_code,

        -- numbers
        exchange_rate,

        -- money
        shipping_amount,

        -- timestamps
        ordered_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from orders

)

select * from normalize_sales__orders
