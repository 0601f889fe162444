with purchase_orders as (

    select * from {{ nearest_step('erp', 'purchase_orders', ['clean']) }}

),

normalize_erp__purchase_orders as (

    select
        -- ids
        purchase_order_id,
        supplier_id,
        material_id,

        -- text
        company_code,
        upper(trim(unit_code)) as unit_code,
        upper(trim(currency_code)) as currency_code,

        -- numbers
        quantity,
        exchange_rate,

        -- money
        unit_price,

        -- dates
        due_date,
        delivered_date,

        -- timestamps
        ordered_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from purchase_orders

)

select * from normalize_erp__purchase_orders
