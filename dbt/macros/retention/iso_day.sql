{% macro iso_day(argument, day) %}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', day | string) -%}
        {{ exceptions.raise_compiler_error(
            'apply_retention: ' ~ argument ~ ": a date like 2026-01-15 is wanted, not '" ~ day ~ "'"
        ) }}
    {%- endif -%}
    {{ return(day | string) }}
{% endmacro %}
