with landed as (

    select * from {{ landed('finance', 'journal_entries') }}

),

bronze_finance__journal_entries as (

    select
        -- ids
        {{ to_text('entry_id') }} as entry_id,
        {{ to_text('journal_id') }} as journal_id,
        {{ to_text('account_id') }} as account_id,

        -- text
        {{ to_text('currency') }} as currency_code,
        {{ to_text('cost_center') }} as cost_center,
        {{ to_text('text') }} as entry_text,

        -- numbers
        {{ to_decimal('exchange_rate', 12, 6, typed=true) }} as exchange_rate,

        -- money
        {{ to_decimal('debit_amount', typed=true) }} as debit_amount,
        {{ to_decimal('credit_amount', typed=true) }} as credit_amount,

        -- timestamps
        {{ to_timestamp('posted_at', typed=true) }} as posted_at,
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_finance__journal_entries
