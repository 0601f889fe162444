with landed as (

    select * from {{ landed('adventureworks_sales', 'stores') }}

),

bronze_adventureworks_sales__stores as (

    select
        -- ids
        {{ to_integer('businessentityid') }} as store_id,
        {{ to_integer('salespersonid') }} as sales_person_id,

        -- text
        {{ to_text('storename') }} as store_name,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_sales__stores
