with order_reasons as (

    select * from {{ nearest_step('adventureworks_sales', 'order_reasons', []) }}

),

ranked as (

    select
        order_reasons.*,
        {{ version_rank(['order_id', 'sales_reason_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from order_reasons

),

clean_adventureworks_sales__order_reasons as (

    select
        -- ids
        order_id,
        sales_reason_id,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_sales__order_reasons
