with products as (

    select * from {{ nearest_step('inventory', 'products', []) }}

),

ranked as (

    select
        products.*,
        {{ version_rank(['product_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from products

),

clean_inventory__products as (

    select
        -- ids
        {{ clean_text('product_id') }} as product_id,

        -- text
        {{ clean_text('product_name') }} as product_name,
        {{ clean_text('category') }} as category,

        -- flags
        is_active,

        -- money
        list_price,
        unit_cost,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_inventory__products
