with sales_orders as (

    select * from {{ nearest_step('erp', 'sales_orders', []) }}

),

ranked as (

    select
        sales_orders.*,
        {{ version_rank(['order_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from sales_orders

),

clean_erp__sales_orders as (

    select
        -- ids
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('customer_id') }} as customer_id,

        -- text
        {{ clean_text('company_code') }} as company_code,
        {{ clean_text('order_status') }} as order_status,
        {{ clean_text('currency_code') }} as currency_code,

        -- numbers
        exchange_rate,

        -- timestamps
        ordered_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_erp__sales_orders
