{#- What all months hired less what left them is who is here: in the whole house, and by the years they have been. -#}
{{- needs_transformation('aggregate') -}}
{{- needs_sources(['hr']) -}}
{{- config(tags=['reconciliation']) -}}
with moved as (

    select coalesce(sum(hires - leavers), 0) as headcount from {{ ref('people_attrition') }}

),

staying as (

    select coalesce(sum(headcount), 0) as headcount from {{ ref('people_tenure') }}

)

select
    moved.headcount,
    staying.headcount as tenure_headcount
from moved
cross join staying
where moved.headcount <> staying.headcount
