{#-
  Journals that balance leave accounts that do, to the last digit; what a release by hand let through without balancing
  is flagged, and is all that may be left over.
-#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['finance']) -}}
{{- config(tags=['reconciliation']) -}}
{%- if ['clean', 'validate'] | reject('in', var('transformations')) | list -%}
    {%- do config(enabled=false) -%}
{%- endif -%}
with accounts as (

    select coalesce(sum(debit_balance_eur - credit_balance_eur), 0) as balance_eur
    from {{ ref('finance_trial_balance') }}

),

released as (

    select coalesce(sum(debit_eur - credit_eur), 0) as balance_eur
    from {{ ref('finance_journal_lines') }}
    where flags like '%finance_journal_balances%'

)

select
    accounts.balance_eur,
    released.balance_eur as released_balance_eur
from accounts
cross join released
where accounts.balance_eur <> released.balance_eur
