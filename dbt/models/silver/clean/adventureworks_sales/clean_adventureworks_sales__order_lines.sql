with order_lines as (

    select * from {{ nearest_step('adventureworks_sales', 'order_lines', []) }}

),

ranked as (

    select
        order_lines.*,
        {{ version_rank(['order_line_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from order_lines

),

clean_adventureworks_sales__order_lines as (

    select
        -- ids
        order_line_id,
        order_id,
        product_id,
        special_offer_id,

        -- text
        {{ clean_text('row_id') }} as row_id,

        -- numbers
        quantity,
        unit_discount_share,

        -- money
        unit_price,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_sales__order_lines
