with payments as (

    select * from {{ nearest_step('sales', 'payments', ['clean']) }}

),

normalize_sales__payments as (

    select
        -- ids
        payment_id,
        order_id,

        -- text
        lower(trim(payment_method)) as payment_method,

        -- money
        paid_amount,

        -- timestamps
        paid_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from payments

)

select * from normalize_sales__payments
