{#- What is no layer, no number of days or no date ends here: only digits and dashes become SQL. -#}
{% macro retention_cutoff(layer, days, today) %}
    {%- set layers = ['bronze', 'silver', 'gold'] -%}
    {%- if layer not in layers -%}
        {%- set found = "layer: '" ~ layer ~ "' is none of " ~ layers | join(', ') -%}
        {{ exceptions.raise_compiler_error('apply_retention: ' ~ found) }}
    {%- endif -%}
    {%- if days is not integer or days < 1 -%}
        {%- set found = "days: a whole number from 1 is wanted, not '" ~ days ~ "'" -%}
        {{ exceptions.raise_compiler_error('apply_retention: ' ~ found) }}
    {%- endif -%}
    {%- set kept = modules.datetime.timedelta(days=days) -%}
    {{ return((modules.datetime.datetime.strptime(iso_day('today', today), '%Y-%m-%d') - kept).date() | string) }}
{% endmacro %}
