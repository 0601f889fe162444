with landed as (

    select * from {{ landed('erp', 'purchase_orders') }}

),

bronze_erp__purchase_orders as (

    select
        -- ids
        {{ to_text('purchase_order') }} as purchase_order_id,
        {{ to_text('supplier') }} as supplier_id,
        {{ to_text('material') }} as material_id,

        -- text
        {{ to_text('company_code') }} as company_code,
        {{ to_text('unit') }} as unit_code,
        {{ to_text('currency') }} as currency_code,

        -- numbers
        {{ to_integer('quantity', typed=true) }} as quantity,
        {{ to_decimal('exchange_rate', 12, 6, typed=true) }} as exchange_rate,

        -- money
        {{ to_decimal('net_price', 12, 4, typed=true) }} as unit_price,

        -- dates
        {{ to_date('due_on', typed=true) }} as due_date,
        {{ to_date('delivered_on', typed=true) }} as delivered_date,

        -- timestamps
        {{ to_timestamp('ordered_at', typed=true) }} as ordered_at,
        {{ to_timestamp('changed_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_erp__purchase_orders
