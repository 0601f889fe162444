with landed as (

    select * from {{ landed('inventory', 'warehouses') }}

),

bronze_inventory__warehouses as (

    select
        -- ids
        {{ to_text('warehouse_id') }} as warehouse_id,

        -- text
        {{ to_text('name') }} as warehouse_name,
        {{ to_text('country') }} as country_code,

        -- timestamps
        {{ to_timestamp('updated_at', typed=true) }} as updated_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_inventory__warehouses
