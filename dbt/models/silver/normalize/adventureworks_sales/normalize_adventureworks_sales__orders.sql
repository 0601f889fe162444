{{- keyed_step('adventureworks_sales', 'orders', ['clean']) -}}
with orders as (

    select * from {{ nearest_step('adventureworks_sales', 'orders', ['clean']) }} as entered
    {{- touched('entered') }}

),

normalize_adventureworks_sales__orders as (

    select
        orders.*,
        case when is_online = 1 then 'online' when is_online = 0 then 'offline' end as sales_channel,
        case status_code
            when 1 then 'in process'
            when 2 then 'approved'
            when 3 then 'backordered'
            when 4 then 'rejected'
            when 5 then 'shipped'
            when 6 then 'cancelled'
        end as order_status
    from orders

)

select * from normalize_adventureworks_sales__orders
