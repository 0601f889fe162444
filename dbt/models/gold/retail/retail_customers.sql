{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with customers as (

    select *
    from {{ one_per_key('crm', 'customers', steps, ['updated_at', '_interval_start']) }}

),

retail_customers as (

    select
        -- ids
        customer_id,
        segment_code,

        -- text
        first_name,
        last_name,
        email,
        phone,
        country_code,
        {{ step_column('enrich', 'crm', 'customers', 'segment_name', text_type()) }} as segment_name,
        {{ step_column('validate', 'crm', 'customers', '_flags', text_type()) }} as flags,

        -- numbers
        {{ step_column('enrich', 'crm', 'customers', 'segment_discount_percent', 'decimal(5, 2)') }}
            as segment_discount_percent,

        -- flags
        is_marketing_allowed,

        -- dates
        cast(registered_at as date) as registered_date,

        -- timestamps
        updated_at
    from customers

)

select * from retail_customers
