with landed as (

    select * from {{ landed('adventureworks_sales', 'customers') }}

),

bronze_adventureworks_sales__customers as (

    select
        -- ids
        {{ to_integer('customerid') }} as customer_id,
        {{ to_integer('personid') }} as person_id,
        {{ to_integer('storeid') }} as store_id,
        {{ to_integer('territoryid') }} as territory_id,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_sales__customers
