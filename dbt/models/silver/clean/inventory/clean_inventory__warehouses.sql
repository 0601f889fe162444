with warehouses as (

    select * from {{ nearest_step('inventory', 'warehouses', []) }}

),

ranked as (

    select
        warehouses.*,
        {{ version_rank(['warehouse_id'], ['updated_at', '_interval_start']) }} as _version_rank
    from warehouses

),

clean_inventory__warehouses as (

    select
        -- ids
        {{ clean_text('warehouse_id') }} as warehouse_id,

        -- text
        {{ clean_text('warehouse_name') }} as warehouse_name,
        {{ clean_text('country_code') }} as country_code,

        -- timestamps
        updated_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_inventory__warehouses
