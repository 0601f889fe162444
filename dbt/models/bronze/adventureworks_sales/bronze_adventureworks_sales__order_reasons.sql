with landed as (

    select * from {{ landed('adventureworks_sales', 'order_reasons') }}

),

bronze_adventureworks_sales__order_reasons as (

    select
        -- ids
        {{ to_integer('salesorderid') }} as order_id,
        {{ to_integer('salesreasonid') }} as sales_reason_id,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_sales__order_reasons
