with customers as (

    select * from {{ nearest_step('adventureworks_sales', 'customers', ['clean']) }}

),

people as (

    select * from {{ one_per_key('adventureworks_person', 'people', ['clean', 'normalize'], ['person_id']) }}

),

stores as (

    select * from {{ one_per_key('adventureworks_sales', 'stores', ['clean'], ['store_id']) }}

),

enrich_adventureworks_sales__customers as (

    select
        customers.*,
        case when people.person_id is null then 0 else 1 end as has_person,
        people.first_name,
        people.last_name,
        people.person_type_code,
        case when stores.store_id is null then 0 else 1 end as has_store,
        stores.store_name
    from customers
    left join people
        on customers.person_id = people.person_id
    left join stores
        on customers.store_id = stores.store_id

)

select * from enrich_adventureworks_sales__customers
