with categories as (

    select * from {{ nearest_step('adventureworks_production', 'categories', []) }}

),

ranked as (

    select
        categories.*,
        {{ version_rank(['category_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from categories

),

clean_adventureworks_production__categories as (

    select
        -- ids
        category_id,

        -- text
        {{ clean_text('category_name') }} as category_name,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_production__categories
