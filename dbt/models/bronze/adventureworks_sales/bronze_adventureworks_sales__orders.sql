with landed as (

    select * from {{ landed('adventureworks_sales', 'orders') }}

),

bronze_adventureworks_sales__orders as (

    select
        -- ids
        {{ to_integer('salesorderid') }} as order_id,
        {{ to_integer('customerid') }} as customer_id,
        {{ to_integer('salespersonid') }} as sales_person_id,
        {{ to_integer('territoryid') }} as territory_id,
        {{ to_integer('billtoaddressid') }} as bill_to_address_id,
        {{ to_integer('shiptoaddressid') }} as ship_to_address_id,
        {{ to_integer('shipmethodid') }} as ship_method_id,
        {{ to_integer('creditcardid') }} as credit_card_id,
        {{ to_integer('currencyrateid') }} as currency_rate_id,

        -- text
        {{ to_text('accountnumber') }} as account_number,
        {{ to_text('creditcardapprovalcode') }} as credit_card_approval_code,
        {{ to_text('rowguid') }} as row_id,

        -- numbers
        {{ to_integer('status') }} as status_code,
        {{ to_integer('revisionnumber') }} as revision_number,

        -- flags
        {{ to_flag('onlineorderflag') }} as is_online,

        -- money
        {{ to_decimal('subtotal') }} as order_value,
        {{ to_decimal('taxamt') }} as tax_amount,
        {{ to_decimal('freight') }} as freight_amount,
        {{ to_decimal('totaldue') }} as total_due,

        -- dates
        {{ to_date('orderdate') }} as order_date,
        {{ to_date('duedate') }} as due_date,
        {{ to_date('shipdate') }} as ship_date,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_sales__orders
