with sales_reasons as (

    select * from {{ nearest_step('adventureworks_sales', 'sales_reasons', []) }}

),

ranked as (

    select
        sales_reasons.*,
        {{ version_rank(['sales_reason_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from sales_reasons

),

clean_adventureworks_sales__sales_reasons as (

    select
        -- ids
        sales_reason_id,

        -- text
        {{ clean_text('sales_reason_name') }} as sales_reason_name,
        {{ clean_text('reason_type') }} as reason_type,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_sales__sales_reasons
