{#- A country's two letters, however it was written; what is not known stays, in upper case, for a rule to count. -#}
{% macro normalize_country(column) -%}
    {{ return(adapter.dispatch('normalize_country')(column)) }}
{%- endmacro %}

{% macro default__normalize_country(column) -%}
    {%- set codes = {
        'AUSTRIA': 'AT', 'SWITZERLAND': 'CH', 'GERMANY': 'DE', 'SPAIN': 'ES', 'FRANCE': 'FR', 'UNITED KINGDOM': 'GB',
        'ITALY': 'IT', 'NETHERLANDS': 'NL', 'POLAND': 'PL', 'UNITED STATES': 'US',
    } -%}
    case upper(trim({{ column }}))
            {%- for name, code in codes.items() %}
            when '{{ name }}' then '{{ code }}'
            {%- endfor %}
            else upper(trim({{ column }}))
        end
{%- endmacro %}
