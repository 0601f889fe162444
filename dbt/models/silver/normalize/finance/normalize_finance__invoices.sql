with invoices as (

    select * from {{ nearest_step('finance', 'invoices', ['clean']) }}

),

normalize_finance__invoices as (

    select
        -- ids
        invoice_id,
        party_id,

        -- text
        lower(trim(invoice_kind)) as invoice_kind,
        upper(trim(currency_code)) as currency_code,

        -- numbers
        exchange_rate,

        -- money
        invoice_amount,
        paid_amount,

        -- dates
        issued_date,
        due_date,
        paid_date,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from invoices

)

select * from normalize_finance__invoices
