{{- keyed_step('adventureworks_production', 'products', ['clean']) -}}
with products as (

    select * from {{ nearest_step('adventureworks_production', 'products', ['clean']) }} as entered
    {{- touched('entered') }}

),

coded as (

    -- A client without `clean` still has the codes padded to their fixed width.
    select
        products.*,
        {{ normalize_code('product_line_code') }} as line_code,
        {{ normalize_code('class_code') }} as quality_code,
        {{ normalize_code('weight_unit_code') }} as unit_code
    from products

),

normalize_adventureworks_production__products as (

    select
        -- ids
        product_id,
        product_model_id,
        subcategory_id,

        -- text
        product_name,
        product_number,
        line_code as product_line_code,
        case line_code
            when 'R' then 'road'
            when 'M' then 'mountain'
            when 'T' then 'touring'
            when 'S' then 'standard'
        end as product_line,
        quality_code as class_code,
        case quality_code when 'H' then 'high' when 'M' then 'medium' when 'L' then 'low' end as product_class,
        color,
        unit_code as weight_unit_code,
        row_id,

        -- numbers
        safety_stock_level,
        reorder_point,
        manufacture_days,
        weight,
        cast(case unit_code when 'G' then weight / 1000 when 'LB' then weight * 0.45359237 end as decimal(12, 4))
            as weight_kg,

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
    from coded

)

select * from normalize_adventureworks_production__products
