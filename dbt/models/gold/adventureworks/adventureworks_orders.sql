{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{{- keyed(nearest_name('adventureworks_sales', 'orders', steps), ['order_id'], logged=['order_date']) -}}
with orders as (

    select *
    from {{ one_per_key('adventureworks_sales', 'orders', steps) }}
    {{- touched('orders') }}

),

adventureworks_orders as (

    select
        -- ids
        order_id,
        customer_id,
        sales_person_id,
        territory_id,

        -- text
        case when is_online = 1 then 'online' else 'offline' end as sales_channel,
        {{ step_column('enrich', 'adventureworks_sales', 'orders', 'ship_to_city', text_type()) }} as ship_to_city,
        {{ step_column('enrich', 'adventureworks_sales', 'orders', 'ship_to_state_name', text_type()) }}
            as ship_to_state_name,
        {{ step_column('enrich', 'adventureworks_sales', 'orders', 'ship_to_country_code', text_type()) }}
            as ship_to_country_code,
        {{ step_column('enrich', 'adventureworks_sales', 'orders', 'ship_to_country_name', text_type()) }}
            as ship_to_country_name,
        {{ step_column('validate', 'adventureworks_sales', 'orders', '_flags', text_type()) }} as flags,

        -- flags
        is_online,

        -- money
        order_value,
        tax_amount,
        freight_amount,
        total_due,

        -- dates
        order_date,
        due_date,
        ship_date
    from orders

)

select * from adventureworks_orders
