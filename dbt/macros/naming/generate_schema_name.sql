{#- The adapters' own defaults differ and change between versions: one name on every target. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- var('schemas') or var('client') }}_{{ custom_schema_name or 'work' -}}
{%- endmacro %}
