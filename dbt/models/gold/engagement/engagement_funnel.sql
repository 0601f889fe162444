{{- needs_transformation('aggregate') -}}
{{- needs_sources(['app_events']) -}}
with events as (

    select * from {{ ref('engagement_events') }}
    where user_id is not null

),

steps as (

    {%- for name in ['app_open', 'sign_in', 'view_item', 'add_to_cart', 'checkout', 'purchase'] %}
    select
        {{ loop.index }} as step_number,
        '{{ name }}' as step_name
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

furthest as (

    select
        events.event_date,
        events.user_id,
        max(steps.step_number) as step_number
    from events
    inner join steps
        on events.event_name = steps.step_name
    group by
        events.event_date,
        events.user_id

),

ended as (

    select
        event_date,
        step_number,
        count(*) as user_count
    from furthest
    group by
        event_date,
        step_number

),

days as (

    select distinct event_date from ended

),

reached as (

    -- Who came to a later step has passed this one, whether or not its event arrived.
    select
        days.event_date,
        steps.step_number,
        steps.step_name,
        cast(sum(coalesce(ended.user_count, 0)) as bigint) as user_count
    from days
    cross join steps
    left join ended
        on
            days.event_date = ended.event_date
            and steps.step_number <= ended.step_number
    group by
        days.event_date,
        steps.step_number,
        steps.step_name

),

compared as (

    select
        reached.*,
        max(user_count) over (partition by event_date) as first_user_count,
        lag(user_count) over (partition by event_date order by step_number) as former_user_count
    from reached

),

engagement_funnel as (

    select
        -- dates
        event_date,

        -- text
        step_name,

        -- numbers
        step_number,
        user_count,
        {{ ratio('user_count', 'former_user_count', 4) }} as conversion_from_step_before,
        {{ ratio('user_count', 'first_user_count', 4) }} as conversion_from_first_step
    from compared

)

select * from engagement_funnel
