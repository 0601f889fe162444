with payments as (

    select * from {{ nearest_step('sales', 'payments', ['clean', 'normalize']) }}

),

orders as (

    select *
    from {{ one_per_key(
        'sales', 'orders', ['clean', 'normalize'], ['order_id'], ['updated_at', '_interval_start']
    ) }}

),

enrich_sales__payments as (

    select
        payments.*,
        case when orders.order_id is null then 0 else 1 end as has_order,
        orders.customer_id,
        orders.currency_code
    from payments
    left join orders
        on payments.order_id = orders.order_id

)

select * from enrich_sales__payments
