{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with invoices as (

    select * from {{ one_per_key('finance', 'invoices', steps, ['updated_at', '_interval_start']) }}

),

latest as (

    -- Age counts from the day of the last interval: a run of an old one says what it said then.
    select max(_run_date) as as_of_date from invoices

),

aged as (

    select
        invoices.*,
        latest.as_of_date,
        case
            when invoices.invoice_amount > coalesce(invoices.paid_amount, 0)
                then invoices.invoice_amount - coalesce(invoices.paid_amount, 0)
            else 0
        end as open_amount,
        {{ days_between('invoices.due_date', 'latest.as_of_date') }} as overdue_days
    from invoices
    cross join latest

),

finance_invoices as (

    select
        -- ids
        invoice_id,
        party_id,

        -- text
        invoice_kind,
        currency_code,
        {{ step_column('enrich', 'finance', 'invoices', 'customer_country_code', text_type()) }}
            as customer_country_code,
        case
            when open_amount = 0 then 'paid'
            when overdue_days is null or overdue_days <= 0 then 'not due'
            when overdue_days <= 30 then '1-30'
            when overdue_days <= 60 then '31-60'
            when overdue_days <= 90 then '61-90'
            else 'over 90'
        end as age_bucket,
        {{ step_column('validate', 'finance', 'invoices', '_flags', text_type()) }} as flags,

        -- numbers
        exchange_rate,
        case when open_amount > 0 and overdue_days > 0 then overdue_days else 0 end as overdue_days,

        -- flags
        case when open_amount > 0 then 1 else 0 end as is_open,

        -- money
        invoice_amount,
        paid_amount,
        open_amount,
        cast(invoice_amount * exchange_rate as decimal(18, 4)) as invoice_amount_eur,
        cast(open_amount * exchange_rate as decimal(18, 4)) as open_amount_eur,

        -- dates
        issued_date,
        due_date,
        paid_date,
        as_of_date,

        -- timestamps
        updated_at
    from aged

)

select * from finance_invoices
