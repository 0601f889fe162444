{{- needs_transformation('aggregate') -}}
{{- needs_sources(['finance']) -}}
with journal_lines as (

    select
        *,
        {{ month_start('posting_date') }} as month_start
    from {{ ref('finance_journal_lines') }}
    where posting_date is not null

),

moved as (

    select
        account_id,
        month_start,
        count(*) as line_count,
        sum(debit_eur) as debit_eur,
        sum(credit_eur) as credit_eur
    from journal_lines
    group by
        account_id,
        month_start

),

accounts as (

    select
        account_id,
        max(account_name) as account_name,
        max(account_kind) as account_kind
    from journal_lines
    group by account_id

),

known as (

    select
        min(month_start) as first_month,
        max(month_start) as last_month
    from moved

),

months as (

    select {{ months_after('known.first_month', 'numbers.number') }} as month_start
    from {{ whole_numbers() }} as numbers
    cross join known
    where numbers.number <= {{ months_between('known.first_month', 'known.last_month') }}

),

-- Every account has every month: in one without an entry its balance stays.
every_month as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.account_kind,
        months.month_start,
        coalesce(moved.line_count, 0) as line_count,
        coalesce(moved.debit_eur, 0) as debit_eur,
        coalesce(moved.credit_eur, 0) as credit_eur
    from accounts
    cross join months
    left join moved
        on
            accounts.account_id = moved.account_id
            and months.month_start = moved.month_start

),

finance_account_balances as (

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
        sum(debit_eur - credit_eur) over (
            partition by account_id order by month_start
            rows between unbounded preceding and current row
        ) as balance_eur,

        -- dates
        month_start
    from every_month

)

select * from finance_account_balances
