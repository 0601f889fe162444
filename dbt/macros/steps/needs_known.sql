{% macro needs_known(model, argument, names, known) %}
    {%- for name in names if name not in known -%}
        {{ exceptions.raise_compiler_error(
            model ~ ": " ~ argument ~ ": '" ~ name ~ "' is none of " ~ known | join(', ')
        ) }}
    {%- endfor -%}
{% endmacro %}
