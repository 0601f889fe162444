with materials as (

    select * from {{ nearest_step('erp', 'materials', []) }}

),

ranked as (

    select
        materials.*,
        {{ version_rank(['material_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from materials

),

clean_erp__materials as (

    select
        -- ids
        {{ clean_text('material_id') }} as material_id,

        -- text
        {{ clean_text('material_name') }} as material_name,
        {{ clean_text('material_group') }} as material_group,
        {{ clean_text('unit_code') }} as unit_code,

        -- numbers
        safety_quantity,

        -- money
        unit_cost,
        list_price,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_erp__materials
