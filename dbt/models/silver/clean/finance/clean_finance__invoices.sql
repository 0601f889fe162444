with invoices as (

    select * from {{ nearest_step('finance', 'invoices', []) }}

),

ranked as (

    select
        invoices.*,
        {{ version_rank(['invoice_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from invoices

),

clean_finance__invoices as (

    select
        -- ids
        {{ clean_text('invoice_id') }} as invoice_id,
        {{ clean_text('party_id') }} as party_id,

        -- text
        {{ clean_text('invoice_kind') }} as invoice_kind,
        {{ clean_text('currency_code') }} as currency_code,

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
    from ranked
    where _version_rank = 1

)

select * from clean_finance__invoices
