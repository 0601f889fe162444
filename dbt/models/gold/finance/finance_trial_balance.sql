{{- needs_transformation('aggregate') -}}
{{- needs_sources(['finance']) -}}
with journal_lines as (

    select * from {{ ref('finance_journal_lines') }}

),

summed as (

    select
        account_id,
        max(account_name) as account_name,
        max(account_kind) as account_kind,
        count(*) as line_count,
        coalesce(sum(debit_eur), 0) as debit_eur,
        coalesce(sum(credit_eur), 0) as credit_eur
    from journal_lines
    group by account_id

),

finance_trial_balance as (

    select
        -- ids
        account_id,

        -- text
        account_name,
        account_kind,

        -- numbers
        line_count,

        -- money
        debit_eur,
        credit_eur,
        case when debit_eur > credit_eur then debit_eur - credit_eur else 0 end as debit_balance_eur,
        case when credit_eur > debit_eur then credit_eur - debit_eur else 0 end as credit_balance_eur
    from summed

)

select * from finance_trial_balance
