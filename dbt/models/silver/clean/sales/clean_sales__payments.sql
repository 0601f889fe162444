with payments as (

    select * from {{ nearest_step('sales', 'payments', []) }}

),

ranked as (

    select
        payments.*,
        {{ version_rank(['payment_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from payments

),

clean_sales__payments as (

    select
        -- ids
        {{ clean_text('payment_id') }} as payment_id,
        {{ clean_text('order_id') }} as order_id,

        -- text
        {{ clean_text('payment_method') }} as payment_method,

        -- money
        paid_amount,

        -- timestamps
        paid_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_sales__payments
