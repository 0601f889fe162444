with stock as (

    select * from {{ nearest_step('inventory', 'stock', ['clean']) }}

),

products as (

    select *
    from {{ one_per_key(
        'inventory', 'products', ['clean', 'normalize'], ['product_id'], ['updated_at', '_interval_start']
    ) }}

),

warehouses as (

    select *
    from {{ one_per_key(
        'inventory', 'warehouses', ['clean'], ['warehouse_id'], ['updated_at', '_interval_start']
    ) }}

),

enrich_inventory__stock as (

    select
        stock.*,
        case when products.product_id is null then 0 else 1 end as has_product,
        products.product_name,
        products.category,
        case when warehouses.warehouse_id is null then 0 else 1 end as has_warehouse,
        warehouses.warehouse_name
    from stock
    left join products
        on stock.product_id = products.product_id
    left join warehouses
        on stock.warehouse_id = warehouses.warehouse_id

)

select * from enrich_inventory__stock
