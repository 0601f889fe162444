{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{{- keyed(nearest_name('finance', 'journal_entries', steps), ['entry_id']) -}}
with journal_entries as (

    select *
    from {{ one_per_key(
        'finance', 'journal_entries', steps, ['updated_at', '_interval_start']
    ) }}
    {{- touched('journal_entries') }}

),

finance_journal_lines as (

    -- In euros to the last digit: rounded lines of a journal would not balance.
    select
        -- ids
        entry_id,
        journal_id,
        coalesce(account_id, 'unknown') as account_id,

        -- text
        {{ step_column('enrich', 'finance', 'journal_entries', 'account_name', text_type()) }} as account_name,
        {{ step_column('enrich', 'finance', 'journal_entries', 'account_kind', text_type()) }} as account_kind,
        cost_center,
        entry_text,
        currency_code,
        {{ step_column('validate', 'finance', 'journal_entries', '_flags', text_type()) }} as flags,

        -- numbers
        exchange_rate,

        -- money
        debit_amount,
        credit_amount,
        cast(debit_amount * exchange_rate as decimal(28, 10)) as debit_eur,
        cast(credit_amount * exchange_rate as decimal(28, 10)) as credit_eur,

        -- dates
        cast(posted_at as date) as posting_date,

        -- timestamps
        posted_at,
        updated_at
    from journal_entries

)

select * from finance_journal_lines
