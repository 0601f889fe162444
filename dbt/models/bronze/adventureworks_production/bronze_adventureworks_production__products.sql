with landed as (

    select * from {{ landed('adventureworks_production', 'products') }}

),

bronze_adventureworks_production__products as (

    select
        -- ids
        {{ to_integer('productid') }} as product_id,
        {{ to_integer('productmodelid') }} as product_model_id,
        {{ to_integer('productsubcategoryid') }} as subcategory_id,

        -- text
        {{ to_text('name') }} as product_name,
        {{ to_text('productnumber') }} as product_number,
        {{ to_text('productline') }} as product_line_code,
        {{ to_text('class') }} as class_code,
        {{ to_text('color') }} as color,
        {{ to_text('weightunitmeasurecode') }} as weight_unit_code,
        {{ to_text('rowguid') }} as row_id,

        -- numbers
        {{ to_integer('safetystocklevel') }} as safety_stock_level,
        {{ to_integer('reorderpoint') }} as reorder_point,
        {{ to_integer('daystomanufacture') }} as manufacture_days,
        {{ to_decimal('weight', 12, 4) }} as weight,

        -- flags
        {{ to_flag('makeflag') }} as is_made_in_house,
        {{ to_flag('finishedgoodsflag') }} as is_finished_good,

        -- money
        {{ to_decimal('standardcost') }} as standard_cost,
        {{ to_decimal('listprice') }} as list_price,

        -- dates
        {{ to_date('sellstartdate') }} as sell_start_date,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_production__products
