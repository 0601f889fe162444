{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set supply_steps = ['clean', 'normalize', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
{{- keyed(nearest_name('erp', 'purchase_orders', steps), ['purchase_order_id']) -}}
with purchase_orders as (

    select *
    from {{ one_per_key('erp', 'purchase_orders', steps, newest) }}
    {{- touched('purchase_orders', [
        watch('erp', 'suppliers', supply_steps, {'supplier_id': 'supplier_id'}),
        watch('erp', 'materials', supply_steps, {'material_id': 'material_id'}),
    ]) }}

),

suppliers as (

    select *
    from {{ one_per_key('erp', 'suppliers', supply_steps, newest) }}

),

materials as (

    select *
    from {{ one_per_key('erp', 'materials', supply_steps, newest) }}

),

valued as (

    select
        purchase_orders.*,
        cast(cast(quantity as decimal(10, 0)) * unit_price as decimal(18, 2)) as order_value
    from purchase_orders

),

erp_purchase_orders as (

    select
        -- ids
        valued.purchase_order_id,
        valued.supplier_id,
        valued.material_id,

        -- text
        valued.company_code,
        valued.currency_code,
        valued.unit_code,
        suppliers.supplier_name,
        materials.material_name,
        materials.material_group,
        {{ step_column('validate', 'erp', 'purchase_orders', 'valued._flags', text_type()) }} as flags,

        -- numbers
        valued.quantity,
        {{ days_between('valued.due_date', 'valued.delivered_date') }} as delay_days,

        -- flags
        case when suppliers.supplier_id is null then 0 else 1 end as has_supplier,
        case when valued.delivered_date is null then 0 else 1 end as is_delivered,
        case
            when valued.delivered_date <= valued.due_date then 1
            when valued.delivered_date > valued.due_date then 0
        end as is_on_time,

        -- money
        valued.unit_price,
        valued.order_value,
        cast(valued.order_value * valued.exchange_rate as decimal(18, 4)) as order_value_eur,

        -- dates
        cast(valued.ordered_at as date) as order_date,
        valued.due_date,
        valued.delivered_date
    from valued
    left join suppliers
        on valued.supplier_id = suppliers.supplier_id
    left join materials
        on valued.material_id = materials.material_id

)

select * from erp_purchase_orders
