{#- What the accounts hold at the end of the last month is what silver's entries move, account by account. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['finance']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with journal_entries as (

    select *
    from {{ one_per_key(
        'finance', 'journal_entries', steps, ['updated_at', '_interval_start']
    ) }}

),

entries as (

    select
        coalesce(account_id, 'unknown') as account_id,
        sum(cast(debit_amount * exchange_rate as decimal(28, 10)))
        - sum(cast(credit_amount * exchange_rate as decimal(28, 10))) as balance_eur
    from journal_entries
    where posted_at is not null
    group by coalesce(account_id, 'unknown')

),

latest as (

    select max(month_start) as month_start from {{ ref('finance_account_balances') }}

),

balances as (

    select
        balances.account_id,
        balances.balance_eur
    from {{ ref('finance_account_balances') }} as balances
    inner join latest
        on balances.month_start = latest.month_start

)

select
    entries.account_id,
    entries.balance_eur,
    balances.balance_eur as gold_balance_eur
from entries
full outer join balances
    on entries.account_id = balances.account_id
where coalesce(abs(entries.balance_eur - balances.balance_eur), 1) > 0
