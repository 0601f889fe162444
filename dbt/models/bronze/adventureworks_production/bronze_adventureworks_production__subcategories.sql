with landed as (

    select * from {{ landed('adventureworks_production', 'subcategories') }}

),

bronze_adventureworks_production__subcategories as (

    select
        -- ids
        {{ to_integer('productsubcategoryid') }} as subcategory_id,
        {{ to_integer('productcategoryid') }} as category_id,

        -- text
        {{ to_text('name') }} as subcategory_name,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_production__subcategories
