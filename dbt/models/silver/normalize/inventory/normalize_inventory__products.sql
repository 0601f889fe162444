with products as (

    select * from {{ nearest_step('inventory', 'products', ['clean']) }}

),

normalize_inventory__products as (

    select
        -- ids
        product_id,

        -- text
        product_name,
        concat(upper(substring(trim(category), 1, 1)), lower(substring(trim(category), 2, 100))) as category,

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
    from products

)

select * from normalize_inventory__products
