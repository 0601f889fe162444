{% macro is_text(column) %}
    {{ return(modules.re.match('n?(var)?char|n?text|string', column.dtype | lower) is not none) }}
{% endmacro %}
