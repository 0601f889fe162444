with sales_orders as (

    select * from {{ nearest_step('erp', 'sales_orders', ['clean']) }}

),

normalize_erp__sales_orders as (

    select
        -- ids
        order_id,
        customer_id,

        -- text
        company_code,
        upper(trim(order_status)) as order_status,
        upper(trim(currency_code)) as currency_code,

        -- numbers
        exchange_rate,

        -- timestamps
        ordered_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from sales_orders

)

select * from normalize_erp__sales_orders
