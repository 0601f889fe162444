with purchase_orders as (

    select * from {{ nearest_step('erp', 'purchase_orders', []) }}

),

ranked as (

    select
        purchase_orders.*,
        {{ version_rank(['purchase_order_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from purchase_orders

),

clean_erp__purchase_orders as (

    select
        -- ids
        {{ clean_text('purchase_order_id') }} as purchase_order_id,
        {{ clean_text('supplier_id') }} as supplier_id,
        {{ clean_text('material_id') }} as material_id,

        -- text
        {{ clean_text('company_code') }} as company_code,
        {{ clean_text('unit_code') }} as unit_code,
        {{ clean_text('currency_code') }} as currency_code,

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
    from ranked
    where _version_rank = 1

)

select * from clean_erp__purchase_orders
