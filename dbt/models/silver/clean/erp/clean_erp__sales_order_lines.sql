with sales_order_lines as (

    select * from {{ nearest_step('erp', 'sales_order_lines', []) }}

),

ranked as (

    select
        sales_order_lines.*,
        {{ version_rank(['order_id', 'line_number'], ['updated_at', '_interval_start']) }} as _version_rank
    from sales_order_lines

),

clean_erp__sales_order_lines as (

    select
        -- ids
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('material_id') }} as material_id,

        -- text
        {{ clean_text('unit_code') }} as unit_code,

        -- numbers
        line_number,
        quantity,

        -- money
        unit_price,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_erp__sales_order_lines
