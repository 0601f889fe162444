{#-
  Says that a reader's rows depend on those of another entity: `on` is {their column: our column}, their columns ones
  that they log. Nothing where the client does not list the source.
-#}
{% macro watch(source, entity, steps, on) %}
    {%- if source not in var('sources') -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(watch_model(nearest_name(source, entity, steps), on)) }}
{% endmacro %}

{#- Where one of our columns comes from a join before it (`states.country_code`), no single row can be looked up. -#}
{% macro watch_model(name, on) %}
    {{ return({'model': name, 'on': on, 'everywhere': '.' in on.values() | join}) }}
{% endmacro %}
