with suppliers as (

    select * from {{ nearest_step('erp', 'suppliers', ['clean']) }}

),

normalize_erp__suppliers as (

    select
        -- ids
        supplier_id,

        -- text
        supplier_name,
        {{ country_code('country_code') }} as country_code,

        -- numbers
        payment_days,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from suppliers

)

select * from normalize_erp__suppliers
