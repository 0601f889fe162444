with landed as (

    select * from {{ landed('sales', 'payments') }}

),

bronze_sales__payments as (

    select
        -- ids
        {{ to_text('payment_id') }} as payment_id,
        {{ to_text('order_id') }} as order_id,

        -- text
        {{ to_text('method') }} as payment_method,

        -- money
        {{ to_decimal('amount', typed=true) }} as paid_amount,

        -- timestamps
        {{ to_timestamp('paid_at', typed=true) }} as paid_at,
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_sales__payments
