{#-
  A whole model of gold: each day from the first order's to the last one's, or to the last that has landed, days without
  orders too, beside the seven days that end with it. The first six days have shorter windows: what came before them is
  not known, and is not zero.
-#}
{% macro rolling_week(model, orders, day, revenue, until, source=none) -%}
{%- set landed_until = var('landed_until').get(source) -%}
with orders as (

    select
        {{ day }} as order_date,
        {{ revenue }} as revenue,
        {{ until }} as known_until
    from {{ orders }}

),

days as (

    select
        order_date,
        count(*) as order_count,
        sum(revenue) as revenue
    from orders
    group by order_date

),

-- An order dated ahead would have the calendar go on to its day.
edges as (

    select
        min(order_date) as first_date,
        case when max(order_date) < max(known_until) then max(order_date) else max(known_until) end as last_date
    from orders

),
{%- if landed_until %}

-- A last day without orders has landed as well.
landed_edges as (

    select
        first_date,
        case
            when last_date < cast('{{ landed_until }}' as date) then cast('{{ landed_until }}' as date)
            else last_date
        end as last_date
    from edges

),
{%- endif %}
{%- set edges = 'landed_edges' if landed_until else 'edges' %}

calendar as (

    select
        edges.first_date,
        {{ days_after('edges.first_date', 'numbers.number') }} as order_date
    from {{ whole_numbers() }} as numbers
    cross join {{ edges }} as edges
    where numbers.number <= {{ days_between('edges.first_date', 'edges.last_date') }}

),

every_day as (

    select
        calendar.order_date,
        coalesce(days.order_count, 0) as order_count,
        coalesce(days.revenue, 0) as revenue
    from calendar
    left join days
        on calendar.order_date = days.order_date

),

weeks as (

    select
        every_day.*,
        count(*) over (order by order_date rows between 6 preceding and current row) as window_days,
        sum(order_count) over (order by order_date rows between 6 preceding and current row) as window_order_count,
        sum(revenue) over (order by order_date rows between 6 preceding and current row) as window_revenue
    from every_day

),

{{ model }} as (

    select
        -- dates
        order_date,

        -- numbers
        order_count,
        cast(window_days as bigint) as window_days,
        cast(window_order_count as bigint) as window_order_count,
        {{ ratio('window_order_count', 'window_days', 4) }} as average_daily_orders,
        {{ ratio('order_count * window_days - window_order_count', 'window_order_count') }} as order_growth,

        -- money
        revenue,
        window_revenue,
        {{ ratio('window_revenue', 'window_days', 4) }} as average_daily_revenue,
        {{ ratio('revenue * window_days - window_revenue', 'window_revenue') }} as revenue_growth
    from weeks

)

select * from {{ model }}
{%- endmacro %}
