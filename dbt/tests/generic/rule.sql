{#- Measures a rule on the rows that enter `validate`, whether or not the client lists that step. -#}
{% test rule(
    model, source, entity, entering, condition, population=none, effect='gate', on_fail='quarantine', allow_empty=false
) %}
{{ config(severity='warn', tags=['rule'], enabled=true) }}
{%- if effect not in ['gate', 'report'] -%}
    {{ exceptions.raise_compiler_error("rule: effect is gate or report, not '" ~ effect ~ "'") }}
{%- endif -%}
{%- if on_fail not in ['quarantine', 'keep'] -%}
    {{ exceptions.raise_compiler_error("rule: on_fail is quarantine or keep, not '" ~ on_fail ~ "'") }}
{%- endif -%}
with entering as (

    select * from {{ nearest_step(source, entity, entering) }}

),

judged as (

    select
        {% if population %}case when {{ population }} then 1 else 0 end{% else %}1{% endif %} as is_in_population,
        {{ rule_breaks(condition, population) }} as is_failing
    from entering

)

select
    coalesce(sum(is_in_population), 0) as population,
    coalesce(sum(is_failing), 0) as failing
from judged
{% endtest %}
