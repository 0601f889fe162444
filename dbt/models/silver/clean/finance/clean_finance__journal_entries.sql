with journal_entries as (

    select * from {{ nearest_step('finance', 'journal_entries', []) }}

),

ranked as (

    select
        journal_entries.*,
        {{ version_rank(['entry_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from journal_entries

),

clean_finance__journal_entries as (

    select
        -- ids
        {{ clean_text('entry_id') }} as entry_id,
        {{ clean_text('journal_id') }} as journal_id,
        {{ clean_text('account_id') }} as account_id,

        -- text
        {{ clean_text('currency_code') }} as currency_code,
        {{ clean_text('cost_center') }} as cost_center,
        {{ clean_text('entry_text') }} as entry_text,

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
    from ranked
    where _version_rank = 1

)

select * from clean_finance__journal_entries
