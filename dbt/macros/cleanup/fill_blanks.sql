{#- The database makes a value of the column's type of the text, or refuses it. -#}
{% macro fill_blanks(relation, column, value) %}
    {{ return(set_where(relation, column, text_literal(value), is_blank(column))) }}
{% endmacro %}
