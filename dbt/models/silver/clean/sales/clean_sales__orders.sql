with orders as (

    select * from {{ nearest_step('sales', 'orders', []) }}

),

ranked as (

    select
        orders.*,
        {{ version_rank(['order_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from orders

),

clean_sales__orders as (

    select
        -- ids
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('customer_id') }} as customer_id,

        -- text
        {{ clean_text('channel') }} as channel,
        {{ clean_text('order_status') }} as order_status,
        {{ clean_text('ship_country_code') }} as ship_country_code,
        {{ clean_text('currency_code') }} as currency_code,

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
    from ranked
    where _version_rank = 1

)

select * from clean_sales__orders
