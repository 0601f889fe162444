with landed as (

    select * from {{ landed('inventory', 'products') }}

),

bronze_inventory__products as (

    select
        -- ids
        {{ to_text('product_id') }} as product_id,

        -- text
        {{ to_text('name') }} as product_name,
        {{ to_text('category') }} as category,

        -- flags
        {{ to_flag('is_active') }} as is_active,

        -- money
        {{ to_decimal('list_price', typed=true) }} as list_price,
        {{ to_decimal('unit_cost', typed=true) }} as unit_cost,

        -- timestamps
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_inventory__products
