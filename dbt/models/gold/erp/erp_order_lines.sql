{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set material_steps = ['clean', 'normalize', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
{{- keyed(nearest_name('erp', 'sales_order_lines', steps), ['order_id', 'line_number']) -}}
with order_lines as (

    select *
    from {{ one_per_key('erp', 'sales_order_lines', steps, newest) }}
    {{- touched('sales_order_lines', [
        watch('erp', 'sales_orders', steps, {'order_id': 'order_id'}),
        watch('erp', 'materials', material_steps, {'material_id': 'material_id'}),
    ]) }}

),

orders as (

    select * from {{ one_per_key('erp', 'sales_orders', steps, newest) }}

),

materials as (

    select *
    from {{ one_per_key('erp', 'materials', material_steps, newest) }}

),

valued as (

    select
        order_lines.*,
        cast(cast(quantity as decimal(10, 0)) * unit_price as decimal(18, 2)) as line_value
    from order_lines

),

erp_order_lines as (

    select
        -- ids
        valued.order_id,
        valued.material_id,
        orders.customer_id,

        -- text
        orders.company_code,
        orders.order_status,
        orders.currency_code,
        valued.unit_code,
        materials.material_name,
        materials.material_group,
        {{ step_column('validate', 'erp', 'sales_order_lines', 'valued._flags', text_type()) }} as flags,

        -- numbers
        valued.line_number,
        valued.quantity,

        -- flags
        case when orders.order_status <> 'CANC' then 1 else 0 end as is_sold,
        case when materials.material_id is null then 0 else 1 end as has_material,

        -- money
        valued.unit_price,
        valued.line_value,
        cast(valued.line_value * orders.exchange_rate as decimal(18, 4)) as line_value_eur,
        cast(cast(valued.quantity as decimal(10, 0)) * materials.unit_cost as decimal(18, 4)) as line_cost_eur,

        -- dates
        cast(orders.ordered_at as date) as order_date
    from valued
    left join orders
        on valued.order_id = orders.order_id
    left join materials
        on valued.material_id = materials.material_id

)

select * from erp_order_lines
