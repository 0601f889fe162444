with sales_order_lines as (

    select * from {{ nearest_step('erp', 'sales_order_lines', ['clean']) }}

),

normalize_erp__sales_order_lines as (

    select
        -- ids
        order_id,
        material_id,

        -- text
        upper(trim(unit_code)) as unit_code,

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
    from sales_order_lines

)

select * from normalize_erp__sales_order_lines
