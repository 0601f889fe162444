{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{%- set newest = ['updated_at', '_interval_start'] -%}
with suppliers as (

    select *
    from {{ one_per_key('erp', 'suppliers', ['clean', 'normalize', 'validate'], newest) }}

),

purchase_orders as (

    select * from {{ ref('erp_purchase_orders') }}

),

bought as (

    select
        supplier_id,
        count(*) as order_count,
        cast(sum(is_delivered) as bigint) as delivered_order_count,
        cast(sum(coalesce(is_on_time, 0)) as bigint) as on_time_order_count,
        cast(sum(case when delay_days > 0 then delay_days else 0 end) as bigint) as delay_days,
        sum(order_value_eur) as spend_eur
    from purchase_orders
    group by supplier_id

),

erp_supplier_performance as (

    select
        -- ids
        suppliers.supplier_id,

        -- text
        suppliers.supplier_name,
        suppliers.country_code,

        -- numbers
        suppliers.payment_days,
        coalesce(bought.order_count, 0) as order_count,
        coalesce(bought.delivered_order_count, 0) as delivered_order_count,
        coalesce(bought.on_time_order_count, 0) as on_time_order_count,
        {{ ratio('bought.delay_days', 'bought.delivered_order_count', 2) }} as average_delay_days,

        -- money
        coalesce(bought.spend_eur, 0) as spend_eur,

        -- shares
        {{ ratio('bought.on_time_order_count', 'bought.delivered_order_count') }} as on_time_share
    from suppliers
    left join bought
        on suppliers.supplier_id = bought.supplier_id

)

select * from erp_supplier_performance
