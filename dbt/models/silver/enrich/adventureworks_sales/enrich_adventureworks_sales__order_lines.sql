{%- set steps = ['clean', 'normalize', 'enrich'] -%}
with order_lines as (

    select * from {{ nearest_step('adventureworks_sales', 'order_lines', ['clean']) }}

),

orders as (

    select * from {{ one_per_key('adventureworks_sales', 'orders', ['clean', 'normalize'], ['order_id']) }}

),

products as (

    select * from {{ one_per_key('adventureworks_production', 'products', steps, ['product_id']) }}

),

enrich_adventureworks_sales__order_lines as (

    select
        order_lines.*,
        case when orders.order_id is null then 0 else 1 end as has_order,
        orders.customer_id,
        orders.is_online,
        orders.order_date,
        case when products.product_id is null then 0 else 1 end as has_product,
        products.product_name,
        products.subcategory_name,
        products.category_name
    from order_lines
    left join orders
        on order_lines.order_id = orders.order_id
    left join products
        on order_lines.product_id = products.product_id

)

select * from enrich_adventureworks_sales__order_lines
