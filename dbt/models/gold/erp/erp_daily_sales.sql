{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{- keyed('erp_orders', ['order_date']) -}}
with orders as (

    select *
    from {{ ref('erp_orders') }} as sold
    {{- touched('sold') }}

),

erp_daily_sales as (

    select
        -- dates
        order_date,

        -- text
        coalesce(company_code, 'unknown') as company_code,

        -- numbers
        count(*) as order_count,
        count(*) - cast(sum(is_sold) as bigint) as cancelled_order_count,
        count(distinct customer_id) as customer_count,
        cast(sum(case when is_sold = 1 then unit_count else 0 end) as bigint) as unit_count,

        -- money
        sum(case when is_sold = 1 then order_value_eur else 0 end) as revenue_eur,
        sum(case when is_sold = 1 then order_cost_eur else 0 end) as cost_eur,
        {{ ratio('sum(case when is_sold = 1 then order_value_eur else 0 end)', 'sum(is_sold)', 4) }}
            as average_order_value_eur
    from orders
    group by
        order_date,
        coalesce(company_code, 'unknown')

)

select * from erp_daily_sales
