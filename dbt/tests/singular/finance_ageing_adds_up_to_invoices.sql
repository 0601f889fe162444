{#- What gold's ages hold open is what silver's invoices ask for and were not paid, to the last digit. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['finance']) -}}
{{- config(tags=['reconciliation']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with invoices as (

    select * from {{ one_per_key('finance', 'invoices', steps, ['updated_at', '_interval_start']) }}

),

unpaid as (

    select
        count(*) as invoice_count,
        coalesce(sum(
            cast((invoice_amount - coalesce(paid_amount, 0)) * exchange_rate as decimal(18, 4))
        ), 0) as open_amount_eur
    from invoices
    where invoice_amount > coalesce(paid_amount, 0)

),

ages as (

    select
        coalesce(sum(invoice_count), 0) as invoice_count,
        coalesce(sum(open_amount_eur), 0) as open_amount_eur
    from {{ ref('finance_ageing') }}

)

select
    unpaid.invoice_count,
    unpaid.open_amount_eur,
    ages.invoice_count as gold_invoice_count,
    ages.open_amount_eur as gold_open_amount_eur
from unpaid
cross join ages
where unpaid.invoice_count <> ages.invoice_count or unpaid.open_amount_eur <> ages.open_amount_eur
