with products as (

    select * from {{ nearest_step('adventureworks_production', 'products', []) }}

),

ranked as (

    select
        products.*,
        {{ version_rank(['product_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from products

),

clean_adventureworks_production__products as (

    select
        -- ids
        product_id,
        product_model_id,
        subcategory_id,

        -- text
        {{ clean_text('product_name') }} as product_name,
        {{ clean_text('product_number') }} as product_number,
        {{ clean_text('product_line_code') }} as product_line_code,
        {{ clean_text('class_code') }} as class_code,
        {{ clean_text('color') }} as color,
        {{ clean_text('weight_unit_code') }} as weight_unit_code,
        {{ clean_text('row_id') }} as row_id,

        -- numbers
        safety_stock_level,
        reorder_point,
        manufacture_days,
        weight,

        -- flags
        is_made_in_house,
        is_finished_good,

        -- money
        standard_cost,
        list_price,

        -- dates
        sell_start_date,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_production__products
