{#- A text is a list of letters to a loop: better to say so than to select them. -#}
{% macro needs_columns(model, said) %}
    {%- for argument, columns in said.items() -%}
        {%- if columns is string or columns is mapping or columns is not sequence -%}
            {{ exceptions.raise_compiler_error(
                model ~ ": " ~ argument ~ " is a list of columns, not " ~ columns | tojson
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
