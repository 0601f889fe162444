with landed as (

    select * from {{ landed('erp', 'sales_orders') }}

),

bronze_erp__sales_orders as (

    select
        -- ids
        {{ to_text('sales_order') }} as order_id,
        {{ to_text('sold_to') }} as customer_id,

        -- text
        {{ to_text('company_code') }} as company_code,
        {{ to_text('status') }} as order_status,
        {{ to_text('currency') }} as currency_code,

        -- numbers
        {{ to_decimal('exchange_rate', 12, 6, typed=true) }} as exchange_rate,

        -- timestamps
        {{ to_timestamp('ordered_at', typed=true) }} as ordered_at,
        {{ to_timestamp('changed_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_erp__sales_orders
