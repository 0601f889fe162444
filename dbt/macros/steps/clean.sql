{#-
  A whole model of silver: the last version of each key, with its texts trimmed and blank ones null. Casting is not
  done here: bronze names and types the landed columns, for every client, whether or not it lists `clean`.
-#}
{% macro clean(source, entity, keys, newest, texts=[], kept=[], ids=[]) -%}
    {{ return(adapter.dispatch('clean')(source, entity, keys, newest, texts, kept, ids)) }}
{%- endmacro %}

{% macro default__clean(source, entity, keys, newest, texts, kept, ids) -%}
{%- set model = 'clean_' ~ source ~ '__' ~ entity -%}
{%- do needs_columns(model, {'keys': keys, 'newest': newest, 'texts': texts, 'kept': kept, 'ids': ids}) -%}
{%- do needs_known(model, 'keys', keys, ids + texts + kept) -%}
{%- set cleaned_keys = [] -%}
{%- for key in keys -%}
    {%- do cleaned_keys.append(clean_text(key) if key in texts else key) -%}
{%- endfor -%}
with entering as (

    select * from {{ nearest_step(source, entity, []) }}

),

ranked as (

    select
        entering.*,
        {{ version_rank(cleaned_keys, newest) }} as _version_rank
    from entering

),

{{ model }} as (

    select
        {%- for column in ids + texts + kept %}
        {{ clean_text(column) ~ ' as ' ~ column if column in texts else column }},
        {%- endfor %}
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from {{ model }}
{%- endmacro %}
