{%- set steps = ['clean', 'normalize', 'enrich'] -%}
with orders as (

    select * from {{ nearest_step('adventureworks_sales', 'orders', ['clean', 'normalize']) }}

),

customers as (

    select * from {{ one_per_key('adventureworks_sales', 'customers', ['clean'], ['customer_id']) }}

),

addresses as (

    select * from {{ one_per_key('adventureworks_person', 'addresses', steps, ['address_id']) }}

),

enrich_adventureworks_sales__orders as (

    select
        orders.*,
        case when customers.customer_id is null then 0 else 1 end as has_customer,
        customers.person_id as customer_person_id,
        customers.store_id as customer_store_id,
        case when addresses.address_id is null then 0 else 1 end as has_ship_to_address,
        addresses.city as ship_to_city,
        addresses.postal_code as ship_to_postal_code,
        addresses.state_code as ship_to_state_code,
        addresses.state_name as ship_to_state_name,
        addresses.territory_id as ship_to_territory_id,
        addresses.country_code as ship_to_country_code,
        addresses.country_name as ship_to_country_name
    from orders
    left join customers
        on orders.customer_id = customers.customer_id
    left join addresses
        on orders.ship_to_address_id = addresses.address_id

)

select * from enrich_adventureworks_sales__orders
