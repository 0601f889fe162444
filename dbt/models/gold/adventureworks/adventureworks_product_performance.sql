{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales', 'adventureworks_production']) -}}
{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with order_lines as (

    select * from {{ ref('adventureworks_order_lines') }}

),

products as (

    select * from {{ one_per_key('adventureworks_production', 'products', steps) }}

),

sold as (

    -- A line without its order is no sale: `validate` takes it out, and a client without that step has it here.
    select
        product_id,
        count(distinct order_id) as order_count,
        cast(sum(quantity) as bigint) as units_sold,
        sum(line_value) as revenue,
        sum(line_cost) as cost
    from order_lines
    where has_order = 1
    group by product_id

),

adventureworks_product_performance as (

    select
        -- ids
        sold.product_id,

        -- text
        products.product_name,
        {{ step_column('normalize', 'adventureworks_production', 'products', 'products.product_line', text_type()) }}
            as product_line,
        {{ step_column('enrich', 'adventureworks_production', 'products', 'products.subcategory_name', text_type()) }}
            as subcategory_name,
        {{ step_column('enrich', 'adventureworks_production', 'products', 'products.category_name', text_type()) }}
            as category_name,

        -- numbers
        sold.order_count,
        sold.units_sold,

        -- money
        sold.revenue,
        sold.cost,
        sold.revenue - sold.cost as margin,
        {{ ratio('sold.revenue', 'sold.units_sold', 4) }} as average_price,

        -- shares
        {{ ratio('sold.revenue - sold.cost', 'sold.revenue') }} as margin_share
    from sold
    left join products
        on sold.product_id = products.product_id

)

select * from adventureworks_product_performance
