{{- needs_transformation('aggregate') -}}
{{- needs_sources(['hr']) -}}
with headcount as (

    select * from {{ ref('people_headcount') }}

),

months as (

    select
        month_start,
        cast(sum(headcount) as bigint) as headcount,
        cast(sum(hires) as bigint) as hires,
        cast(sum(leavers) as bigint) as leavers
    from headcount
    group by month_start

),

rolling as (

    -- Every month is there, so that twelve rows are twelve months; a young house has fewer.
    select
        *,
        count(*) over (order by month_start rows between 11 preceding and current row) as month_count,
        sum(leavers) over (order by month_start rows between 11 preceding and current row) as year_leavers,
        sum(headcount) over (order by month_start rows between 11 preceding and current row) as year_headcount
    from months

),

people_attrition as (

    select
        -- dates
        month_start,

        -- numbers
        headcount,
        hires,
        leavers,
        cast(year_leavers as bigint) as leavers_of_12_months,
        {{ ratio('year_headcount', 'month_count', 2) }} as average_headcount_of_12_months,
        {{ ratio('year_leavers * month_count', 'year_headcount', 4) }} as attrition_rate
    from rolling

)

select * from people_attrition
