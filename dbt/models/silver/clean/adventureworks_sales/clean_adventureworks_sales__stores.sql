with stores as (

    select * from {{ nearest_step('adventureworks_sales', 'stores', []) }}

),

ranked as (

    select
        stores.*,
        {{ version_rank(['store_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from stores

),

clean_adventureworks_sales__stores as (

    select
        -- ids
        store_id,
        sales_person_id,

        -- text
        {{ clean_text('store_name') }} as store_name,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_sales__stores
