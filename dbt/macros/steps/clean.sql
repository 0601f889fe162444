{#-
  A whole model of silver: the last version of each key, with its texts trimmed and blank ones null. Casting is not
  done here: bronze names and types the landed columns, for every client, whether or not it lists `clean`.
-#}
{% macro clean(source, entity, newest, texts=[], kept=[], ids=[]) -%}
    {{ return(adapter.dispatch('clean')(source, entity, newest, texts, kept, ids)) }}
{%- endmacro %}

{% macro default__clean(source, entity, newest, texts, kept, ids) -%}
{%- set model = 'clean_' ~ source ~ '__' ~ entity -%}
{%- do needs_columns(model, {'newest': newest, 'texts': texts, 'kept': kept, 'ids': ids}) -%}
{%- set keys, columns = entity_keys(source, entity), ids + texts + kept -%}
{%- do needs_known(model, 'keys', keys, columns) -%}
{%- set own_columns = (columns + ['_interval_start', '_run_date']) | join(',\n        ') -%}
{%- set ranked_by = [] -%}
{%- for key in keys -%}
    {%- do ranked_by.append(clean_text(key) if key in texts else key) -%}
{%- endfor -%}
{%- do keyed_step(source, entity, [], texts) -%}
with entering as (

    select
        {{ own_columns }}
    from {{ with_clean_keys(nearest_step(source, entity, [])) }} as entered
    {{- touched('entered') }}
    {%- if is_incremental() and source ~ '.' ~ entity not in var('snapshot_entities') %}
    union all
    -- What bronze no longer keeps is as it was cleaned then. It loses whole days, the oldest first: of a later day it
    -- lost what the interval, delivered again, does not bring any more.
    select
        {{ own_columns }}
    from {{ this }} as held
    {{- touched('held', cleaned=true) }}
        and not ({{ is_of_intervals('held') }})
        and held._run_date < (
            select coalesce(min(entered._run_date), cast('9999-12-31' as date))
            from {{ nearest_step(source, entity, []) }} as entered
        )
    {%- endif %}

),

ranked as (

    select
        entering.*,
        {{ version_rank(ranked_by, newest) }} as _version_rank
    from entering

),

{{ model }} as (

    select
        {%- for column in columns %}
        {{ clean_text(column) ~ ' as ' ~ column if column in texts else column }},
        {%- endfor %}
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from {{ model }}
{%- endmacro %}
