with customers as (

    select * from {{ nearest_step('adventureworks_sales', 'customers', []) }}

),

ranked as (

    select
        customers.*,
        {{ version_rank(['customer_id'], ['_interval_start']) }} as _version_rank
    from customers

),

clean_adventureworks_sales__customers as (

    select
        -- ids
        customer_id,
        person_id,
        store_id,
        territory_id,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_sales__customers
