with landed as (

    select * from {{ landed('adventureworks_production', 'categories') }}

),

bronze_adventureworks_production__categories as (

    select
        -- ids
        {{ to_integer('productcategoryid') }} as category_id,

        -- text
        {{ to_text('name') }} as category_name,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_production__categories
