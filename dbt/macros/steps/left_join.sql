{#- What `enrich` joins, said with names: a misspelt one does not compile. The key is what it is joined by. -#}
{% macro left_join(
    entity, on, columns=[], steps=[], newest=['_interval_start'],
    flag=none, name=none, source=none, optional=false, types={}
) %}
    {%- set join = 'left_join ' ~ entity -%}
    {%- do needs_columns(join, {'steps': steps, 'newest': newest}) -%}
    {{ return({
        'entity': entity,
        'name': name or entity,
        'source': source,
        'on': with_new_names(join, 'on', on),
        'columns': with_new_names(join, 'columns', columns),
        'steps': steps,
        'newest': newest,
        'flag': flag,
        'optional': optional,
        'types': types,
    }) }}
{% endmacro %}

{#- A list of names as the names they keep. -#}
{% macro with_new_names(join, argument, names) %}
    {%- if names is mapping -%}
        {{ return(names) }}
    {%- endif -%}
    {%- do needs_columns(join, {argument: names}) -%}
    {%- set pairs = {} -%}
    {%- for name in names -%}
        {%- do pairs.update({name: name}) -%}
    {%- endfor -%}
    {{ return(pairs) }}
{% endmacro %}
