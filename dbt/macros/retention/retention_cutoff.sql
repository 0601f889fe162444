{#- What is no layer, no number of days or no date ends here: only digits and dashes become SQL. -#}
{% macro retention_cutoff(layer, days, today) %}
    {%- set layers = ['bronze', 'silver', 'gold'] -%}
    {%- if layer not in layers -%}
        {{ exceptions.raise_compiler_error("apply_retention: layer: '" ~ layer ~ "' is none of " ~ layers | join(', ')) }}
    {%- endif -%}
    {%- if days is not integer or days < 1 -%}
        {{ exceptions.raise_compiler_error("apply_retention: days: a whole number from 1 is wanted, not '" ~ days ~ "'") }}
    {%- endif -%}
    {%- set kept = modules.datetime.timedelta(days=days) -%}
    {{ return((modules.datetime.datetime.strptime(iso_day('today', today), '%Y-%m-%d') - kept).date() | string) }}
{% endmacro %}
