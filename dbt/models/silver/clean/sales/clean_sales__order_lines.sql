with order_lines as (

    select * from {{ nearest_step('sales', 'order_lines', []) }}

),

ranked as (

    select
        order_lines.*,
        {{ version_rank(['order_id', 'line_number'], ['updated_at', '_interval_start']) }} as _version_rank
    from order_lines

),

clean_sales__order_lines as (

    select
        -- ids
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('product_id') }} as product_id,

        -- numbers
        line_number,
        quantity,
        discount_percent,

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

select * from clean_sales__order_lines
