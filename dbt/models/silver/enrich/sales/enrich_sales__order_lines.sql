with order_lines as (

    select * from {{ nearest_step('sales', 'order_lines', ['clean']) }}

),

orders as (

    select *
    from {{ one_per_key(
        'sales', 'orders', ['clean', 'normalize'], ['order_id'], ['updated_at', '_interval_start']
    ) }}

),

products as (

    select *
    from {{ one_per_key_or_none(
        'inventory', 'products', ['clean', 'normalize'], ['product_id'],
        {'product_id': text_type(), 'product_name': text_type(), 'category': text_type()},
        ['updated_at', '_interval_start'],
    ) }}

),

enrich_sales__order_lines as (

    select
        order_lines.*,
        case when orders.order_id is null then 0 else 1 end as has_order,
        orders.customer_id,
        orders.ordered_at,
        {{ has_joined('inventory', 'products.product_id') }} as has_product,
        products.product_name,
        products.category
    from order_lines
    left join orders
        on order_lines.order_id = orders.order_id
    left join products
        on order_lines.product_id = products.product_id

)

select * from enrich_sales__order_lines
