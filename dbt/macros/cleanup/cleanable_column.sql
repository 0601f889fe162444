{% macro cleanable_column(columns, wanted, operation) %}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- if wanted is integer and 1 <= wanted <= columns | length -%}
        {%- set column = columns[wanted - 1] -%}
    {%- elif wanted in names -%}
        {%- set column = columns[names.index(wanted)] -%}
    {%- else -%}
        {%- set known = 'there are ' ~ columns | length ~ ': ' ~ names | join(', ') -%}
        {{ exceptions.raise_compiler_error("clean_table: there is no column '" ~ wanted ~ "'; " ~ known) }}
    {%- endif -%}
    {#- What is quoted is the name of a column that is there, and none that could end the quotes. -#}
    {%- if '"' in names | join -%}
        {{ exceptions.raise_compiler_error('clean_table: a column has a quotation mark in its name') }}
    {%- endif -%}
    {%- if operation == 'trim' and not is_text(column) or operation == 'cap_outliers' and not is_number(column) -%}
        {%- set kind = 'text' if operation == 'trim' else 'numbers' -%}
        {%- set found = column.name ~ ' is ' ~ column.dtype ~ '; ' ~ operation ~ ' is for ' ~ kind -%}
        {{ exceptions.raise_compiler_error('clean_table: ' ~ found) }}
    {%- endif -%}
    {{ return(column) }}
{% endmacro %}
