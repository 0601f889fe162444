with sales_orders as (

    select * from {{ nearest_step('erp', 'sales_orders', ['clean', 'normalize']) }}

),

customers as (

    select *
    from {{ one_per_key_or_none(
        'crm', 'customers', ['clean', 'normalize'], ['customer_id'],
        {'customer_id': text_type(), 'country_code': text_type(), 'segment_code': text_type()},
        ['updated_at', '_interval_start'],
    ) }}

),

enrich_erp__sales_orders as (

    select
        sales_orders.*,
        {{ has_joined('crm', 'customers.customer_id') }} as has_customer,
        customers.country_code as customer_country_code,
        customers.segment_code as customer_segment_code
    from sales_orders
    left join customers
        on sales_orders.customer_id = customers.customer_id

)

select * from enrich_erp__sales_orders
