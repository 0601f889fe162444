{#- A column in the spelling of its kind; `{'sql': …}` is what one model alone needs. -#}
{% macro normalized(model, column, kind) -%}
    {%- set kinds = {
        'code': normalize_code,
        'country': normalize_country,
        'currency': normalize_currency,
        'mail': normalize_mail,
        'money': normalize_money,
        'utc': normalize_utc,
        'word': normalize_word,
    } -%}
    {%- if kind is mapping -%}
        {%- do needs_known(model, column, kind, ['sql']) -%}
        {{ return(kind.sql) }}
    {%- endif -%}
    {%- do needs_known(model, column, [kind], kinds | list) -%}
    {{ return(kinds[kind](column)) }}
{%- endmacro %}
