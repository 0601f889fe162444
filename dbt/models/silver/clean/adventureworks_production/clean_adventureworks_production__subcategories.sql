with subcategories as (

    select * from {{ nearest_step('adventureworks_production', 'subcategories', []) }}

),

ranked as (

    select
        subcategories.*,
        {{ version_rank(['subcategory_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from subcategories

),

clean_adventureworks_production__subcategories as (

    select
        -- ids
        subcategory_id,
        category_id,

        -- text
        {{ clean_text('subcategory_name') }} as subcategory_name,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_production__subcategories
