{{- needs_transformation('aggregate') -}}
{{- needs_sources(['finance']) -}}
with invoices as (

    select * from {{ ref('finance_invoices') }}
    where is_open = 1

),

finance_ageing as (

    select
        -- text
        coalesce(invoice_kind, 'unknown') as invoice_kind,
        age_bucket,

        -- numbers
        count(*) as invoice_count,
        max(overdue_days) as longest_overdue_days,

        -- money
        sum(open_amount_eur) as open_amount_eur,

        -- dates
        max(as_of_date) as as_of_date
    from invoices
    group by
        coalesce(invoice_kind, 'unknown'),
        age_bucket

)

select * from finance_ageing
