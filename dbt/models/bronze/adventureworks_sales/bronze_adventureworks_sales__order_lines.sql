with landed as (

    select * from {{ landed('adventureworks_sales', 'order_lines') }}

),

bronze_adventureworks_sales__order_lines as (

    select
        -- ids
        {{ to_integer('salesorderdetailid') }} as order_line_id,
        {{ to_integer('salesorderid') }} as order_id,
        {{ to_integer('productid') }} as product_id,
        {{ to_integer('specialofferid') }} as special_offer_id,

        -- text
        {{ to_text('rowguid') }} as row_id,

        -- numbers
        {{ to_integer('orderqty') }} as quantity,
        {{ to_decimal('unitpricediscount', 5, 4) }} as unit_discount_share,

        -- money
        {{ to_decimal('unitprice', 12, 4) }} as unit_price,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_sales__order_lines
