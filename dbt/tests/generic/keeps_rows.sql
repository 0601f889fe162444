{#- A step neither loses nor doubles a row of what enters it; `beside` is where the other rows went, if some did. -#}
{% test keeps_rows(model, source, entity, entering, beside=none) %}
{{ config(enabled=true) }}
with entering as (

    select count(*) as row_count from {{ nearest_step(source, entity, entering) }}

),

leaving as (

    select count(*) as row_count from {{ model }}
{%- if beside %}
    union all
    select count(*) as row_count from {{ beside }}
{%- endif %}

),

total as (

    select sum(row_count) as row_count from leaving

)

select
    entering.row_count as entering_rows,
    total.row_count as leaving_rows
from entering
cross join total
where entering.row_count <> total.row_count
{% endtest %}
