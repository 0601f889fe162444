{#- Tells whoever listens how many rows a quarantine has; adapters do not always say what a model wrote. -#}
{% macro count_quarantined() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set counted = run_query('select count(*) as row_count from ' ~ this) -%}
        {%- do log(tojson({'medallion_rows': counted.columns[0].values()[0] | int})) -%}
    {%- endif -%}
{%- endmacro %}
