with journal_entries as (

    select * from {{ nearest_step('finance', 'journal_entries', ['clean']) }}

),

normalize_finance__journal_entries as (

    select
        -- ids
        entry_id,
        journal_id,
        account_id,

        -- text
        upper(trim(currency_code)) as currency_code,
        upper(trim(cost_center)) as cost_center,
        entry_text,

        -- numbers
        exchange_rate,

        -- money
        debit_amount,
        credit_amount,

        -- timestamps
        posted_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from journal_entries

)

select * from normalize_finance__journal_entries
