with landed as (

    select * from {{ landed('sales', 'order_lines') }}

),

bronze_sales__order_lines as (

    select
        -- ids
        {{ to_text('order_id') }} as order_id,
        {{ to_text('product_id') }} as product_id,

        -- numbers
        {{ to_integer('line_number', typed=true) }} as line_number,
        {{ to_integer('quantity', typed=true) }} as quantity,
        {{ to_decimal('discount_percent', 5, 2, typed=true) }} as discount_percent,

        -- money
        {{ to_decimal('unit_price', 12, 4, typed=true) }} as unit_price,

        -- timestamps
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_sales__order_lines
