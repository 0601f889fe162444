{#-
  `one_per_key` of an entity that a client may do without: no row at all where its source is not listed, so that what
  joins it stands alone. `columns` says what the reader reads, as {name: type}: these are then there either way.
-#}
{% macro one_per_key_or_none(source, entity, steps, columns, newest=['_interval_start']) -%}
    {%- if source in var('sources') -%}
        {{ one_per_key(source, entity, steps, newest) }}
    {%- else -%}
        (
        select
            {%- for name, type in columns.items() %}
            cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
    ) as {{ entity }}
    {%- endif -%}
{%- endmacro %}
