with landed as (

    select * from {{ landed('adventureworks_sales', 'sales_reasons') }}

),

bronze_adventureworks_sales__sales_reasons as (

    select
        -- ids
        {{ to_integer('salesreasonid') }} as sales_reason_id,

        -- text
        {{ to_text('name') }} as sales_reason_name,
        {{ to_text('reasontype') }} as reason_type,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_sales__sales_reasons
