with landed as (

    select * from {{ landed('finance', 'invoices') }}

),

bronze_finance__invoices as (

    select
        -- ids
        {{ to_text('invoice_id') }} as invoice_id,
        {{ to_text('party_id') }} as party_id,

        -- text
        {{ to_text('kind') }} as invoice_kind,
        {{ to_text('currency') }} as currency_code,

        -- numbers
        {{ to_decimal('exchange_rate', 12, 6, typed=true) }} as exchange_rate,

        -- money
        {{ to_decimal('amount', typed=true) }} as invoice_amount,
        {{ to_decimal('paid_amount', typed=true) }} as paid_amount,

        -- dates
        {{ to_date('issued_on', typed=true) }} as issued_date,
        {{ to_date('due_on', typed=true) }} as due_date,
        {{ to_date('paid_on', typed=true) }} as paid_date,

        -- timestamps
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_finance__invoices
