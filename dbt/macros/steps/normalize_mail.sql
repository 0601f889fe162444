{#- In lower case: no mail server tells the cases apart, and a join by mail must not. -#}
{% macro normalize_mail(column) -%}
    {{ return(adapter.dispatch('normalize_mail')(column)) }}
{%- endmacro %}

{% macro default__normalize_mail(column) -%}
    lower(trim({{ column }}))
{%- endmacro %}
