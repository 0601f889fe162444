{{- needs_transformation('aggregate') -}}
{{- needs_sources(['inventory', 'sales']) -}}
with products as (

    select *
    from {{ one_per_key(
        'inventory', 'products', ['clean', 'normalize', 'validate'], ['updated_at', '_interval_start']
    ) }}

),

order_lines as (

    select * from {{ ref('retail_order_lines') }}
    where is_sold = 1

),

sold as (

    select
        product_id,
        count(distinct order_id) as order_count,
        cast(sum(quantity) as bigint) as units_sold,
        sum(line_value_eur) as revenue_eur,
        sum(line_cost_eur) as cost_eur
    from order_lines
    group by product_id

),

retail_product_performance as (

    select
        -- ids
        products.product_id,

        -- text
        products.product_name,
        products.category,

        -- numbers
        coalesce(sold.order_count, 0) as order_count,
        coalesce(sold.units_sold, 0) as units_sold,

        -- flags
        products.is_active,

        -- money
        products.list_price,
        products.unit_cost,
        coalesce(sold.revenue_eur, 0) as revenue_eur,
        sold.cost_eur,
        sold.revenue_eur - sold.cost_eur as margin_eur,
        {{ ratio('sold.revenue_eur', 'sold.units_sold', 4) }} as average_price_eur,

        -- shares
        {{ ratio('sold.revenue_eur - sold.cost_eur', 'sold.revenue_eur') }} as margin_share
    from products
    left join sold
        on products.product_id = sold.product_id

)

select * from retail_product_performance
