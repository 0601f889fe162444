{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
with movements as (

    select * from {{ ref('erp_stock_movements') }}

),

latest as (

    select max(cast(updated_at as date)) as last_day from movements

),

dated as (

    -- Four whole weeks up to the last day anything was written, so that every weekday weighs the same.
    select
        movements.*,
        case
            when {{ days_between('movements.posted_date', 'latest.last_day') }} between 0 and 27 then 1 else 0
        end as is_recent
    from movements
    cross join latest

),

worked as (

    -- A young plant has worked on fewer days than four weeks have.
    select count(distinct posted_date) as day_count
    from dated
    where is_recent = 1

),

lying as (

    select
        plant_id,
        material_id,
        max(material_name) as material_name,
        max(material_group) as material_group,
        max(unit_cost) as unit_cost,
        cast(sum(signed_quantity) as bigint) as on_hand_quantity,
        cast(sum(case when is_recent = 1 and is_issue = 1 then quantity else 0 end) as bigint) as issued_quantity,
        count(*) as movement_count,
        max(posted_date) as last_movement_date
    from dated
    group by
        plant_id,
        material_id

),

erp_inventory_position as (

    select
        -- ids
        lying.plant_id,
        lying.material_id,

        -- text
        lying.material_name,
        lying.material_group,

        -- numbers
        lying.movement_count,
        lying.on_hand_quantity,
        lying.issued_quantity as recent_issued_quantity,
        {{ ratio('lying.issued_quantity', 'worked.day_count', 4) }} as daily_issued_quantity,
        case
            -- Goods went out that no movement brought in: nothing is left to cover a day.
            when lying.on_hand_quantity <= 0 then 0
            else {{ ratio('lying.on_hand_quantity * worked.day_count', 'lying.issued_quantity', 1) }}
        end as days_of_cover,

        -- money
        cast(cast(lying.on_hand_quantity as decimal(12, 0)) * lying.unit_cost as decimal(18, 4)) as stock_value_eur,

        -- dates
        lying.last_movement_date
    from lying
    cross join worked

)

select * from erp_inventory_position
