with suppliers as (

    select * from {{ nearest_step('erp', 'suppliers', []) }}

),

ranked as (

    select
        suppliers.*,
        {{ version_rank(['supplier_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from suppliers

),

clean_erp__suppliers as (

    select
        -- ids
        {{ clean_text('supplier_id') }} as supplier_id,

        -- text
        {{ clean_text('supplier_name') }} as supplier_name,
        {{ clean_text('country_code') }} as country_code,

        -- numbers
        payment_days,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_erp__suppliers
