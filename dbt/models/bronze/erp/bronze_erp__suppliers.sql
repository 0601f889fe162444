with landed as (

    select * from {{ landed('erp', 'suppliers') }}

),

bronze_erp__suppliers as (

    select
        -- ids
        {{ to_text('supplier') }} as supplier_id,

        -- text
        {{ to_text('name') }} as supplier_name,
        {{ to_text('country') }} as country_code,

        -- numbers
        {{ to_integer('payment_terms', typed=true) }} as payment_days,

        -- timestamps
        {{ to_timestamp('changed_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_erp__suppliers
