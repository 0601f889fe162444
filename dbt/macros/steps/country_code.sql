{#- A country's two letters, however it was written; what is not known stays, in upper case, for a rule to count. -#}
{% macro country_code(column) -%}
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
