with invoices as (

    select * from {{ nearest_step('finance', 'invoices', ['clean', 'normalize']) }}

),

customers as (

    select *
    from {{ one_per_key_or_none(
        'crm', 'customers', ['clean', 'normalize'], ['customer_id'],
        {'customer_id': text_type(), 'country_code': text_type()},
        ['updated_at', '_interval_start'],
    ) }}

),

enrich_finance__invoices as (

    select
        invoices.*,
        {{ has_joined('crm', 'customers.customer_id') }} as has_customer,
        customers.country_code as customer_country_code
    from invoices
    left join customers
        on invoices.party_id = customers.customer_id

)

select * from enrich_finance__invoices
