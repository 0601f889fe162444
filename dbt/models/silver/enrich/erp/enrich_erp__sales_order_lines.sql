with sales_order_lines as (

    select * from {{ nearest_step('erp', 'sales_order_lines', ['clean', 'normalize']) }}

),

sales_orders as (

    select *
    from {{ one_per_key(
        'erp', 'sales_orders', ['clean', 'normalize'], ['order_id'], ['updated_at', '_interval_start']
    ) }}

),

materials as (

    select *
    from {{ one_per_key(
        'erp', 'materials', ['clean', 'normalize'], ['material_id'], ['updated_at', '_interval_start']
    ) }}

),

enrich_erp__sales_order_lines as (

    select
        sales_order_lines.*,
        case when sales_orders.order_id is null then 0 else 1 end as has_order,
        sales_orders.customer_id,
        sales_orders.ordered_at,
        case when materials.material_id is null then 0 else 1 end as has_material,
        materials.material_name,
        materials.material_group
    from sales_order_lines
    left join sales_orders
        on sales_order_lines.order_id = sales_orders.order_id
    left join materials
        on sales_order_lines.material_id = materials.material_id

)

select * from enrich_erp__sales_order_lines
