with stock_movements as (

    select * from {{ nearest_step('erp', 'stock_movements', []) }}

),

ranked as (

    select
        stock_movements.*,
        {{ version_rank(['movement_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from stock_movements

),

clean_erp__stock_movements as (

    select
        -- ids
        {{ clean_text('movement_id') }} as movement_id,
        {{ clean_text('plant_id') }} as plant_id,
        {{ clean_text('material_id') }} as material_id,

        -- text
        {{ clean_text('movement_type') }} as movement_type,
        {{ clean_text('unit_code') }} as unit_code,

        -- numbers
        quantity,

        -- timestamps
        posted_at,
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_erp__stock_movements
