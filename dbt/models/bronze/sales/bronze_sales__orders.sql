with landed as (

    select * from {{ landed('sales', 'orders') }}

),

bronze_sales__orders as (

    select
        -- ids
        {{ to_text('order_id') }} as order_id,
        {{ to_text('customer_id') }} as customer_id,

        -- text
        {{ to_text('channel') }} as channel,
        {{ to_text('status') }} as order_status,
        {{ to_text('ship_country') }} as ship_country_code,
        {{ to_text('currency') }} as currency_code,

        -- numbers
        {{ to_decimal('exchange_rate', 12, 6, typed=true) }} as exchange_rate,

        -- money
        {{ to_decimal('shipping_fee', typed=true) }} as shipping_amount,

        -- timestamps
        {{ to_timestamp('ordered_at', typed=true) }} as ordered_at,
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_sales__orders
