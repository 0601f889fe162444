{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
{%- set newest = ['updated_at', '_interval_start'] -%}
{{- keyed(nearest_name('erp', 'sales_orders', steps), ['order_id'], logged=['order_date']) -}}
with orders as (

    select *
    from {{ one_per_key('erp', 'sales_orders', steps, newest) }}
    {{- touched('sales_orders', [watch_model('erp_order_lines', {'order_id': 'order_id'})]) }}

),

order_lines as (

    select * from {{ ref('erp_order_lines') }}

),

ordered as (

    select
        order_id,
        count(*) as line_count,
        cast(sum(quantity) as bigint) as unit_count,
        sum(line_value) as order_value,
        sum(line_value_eur) as order_value_eur,
        sum(line_cost_eur) as order_cost_eur
    from order_lines
    group by order_id

),

erp_orders as (

    select
        -- ids
        orders.order_id,
        orders.customer_id,

        -- text
        orders.company_code,
        orders.order_status,
        orders.currency_code,
        {{ step_column('enrich', 'erp', 'sales_orders', 'orders.customer_country_code', text_type()) }}
            as customer_country_code,
        {{ step_column('enrich', 'erp', 'sales_orders', 'orders.customer_segment_code', text_type()) }}
            as customer_segment_code,
        {{ step_column('validate', 'erp', 'sales_orders', 'orders._flags', text_type()) }} as flags,

        -- numbers
        coalesce(ordered.line_count, 0) as line_count,
        coalesce(ordered.unit_count, 0) as unit_count,

        -- flags
        case when orders.order_status <> 'CANC' then 1 else 0 end as is_sold,

        -- money
        coalesce(ordered.order_value, 0) as order_value,
        coalesce(ordered.order_value_eur, 0) as order_value_eur,
        coalesce(ordered.order_cost_eur, 0) as order_cost_eur,

        -- dates
        cast(orders.ordered_at as date) as order_date,

        -- timestamps
        orders.ordered_at,
        orders.updated_at
    from orders
    left join ordered
        on orders.order_id = ordered.order_id

)

select * from erp_orders
