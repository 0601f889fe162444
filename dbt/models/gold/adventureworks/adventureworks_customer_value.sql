{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales']) -}}
{%- set steps = ['clean', 'enrich', 'validate'] -%}
with orders as (

    select * from {{ ref('adventureworks_orders') }}

),

customers as (

    select * from {{ one_per_key('adventureworks_sales', 'customers', steps) }}

),

latest as (

    -- The files end in 2011: recency counts from the last day they know, not from today.
    select max(order_date) as last_day from orders

),

bought as (

    select
        customer_id,
        count(*) as order_count,
        cast(sum(is_online) as bigint) as online_order_count,
        sum(order_value) as lifetime_value,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from orders
    group by customer_id

),

adventureworks_customer_value as (

    select
        -- ids
        bought.customer_id,
        customers.person_id,
        customers.store_id,
        customers.territory_id,

        -- text
        {{ step_column('enrich', 'adventureworks_sales', 'customers', 'customers.first_name', text_type()) }}
            as first_name,
        {{ step_column('enrich', 'adventureworks_sales', 'customers', 'customers.last_name', text_type()) }}
            as last_name,
        {{ step_column('enrich', 'adventureworks_sales', 'customers', 'customers.store_name', text_type()) }}
            as store_name,

        -- numbers
        {{ days_between('bought.last_order_date', 'latest.last_day') }} as recency_days,
        bought.order_count,
        bought.online_order_count,

        -- money
        bought.lifetime_value,
        {{ ratio('bought.lifetime_value', 'bought.order_count', 4) }} as average_order_value,

        -- dates
        bought.first_order_date,
        bought.last_order_date
    from bought
    cross join latest
    left join customers
        on bought.customer_id = customers.customer_id

)

select * from adventureworks_customer_value
