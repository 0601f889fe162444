{#- Sums of bigint: T-SQL counts and sums of int overflow. A row without a day is never too old. -#}
{% macro count_past(relation, cutoff, cleaned) -%}
select
    coalesce(sum(cast(1 as bigint)), 0) as held,
    coalesce(sum(case when _run_date < cast('{{ cutoff }}' as date) then cast(1 as bigint) else 0 end), 0) as gone,
    coalesce(sum(
        case when _run_date < cast('{{ [cutoff, cleaned] | min }}' as date) then cast(1 as bigint) else 0 end
    ), 0) as returned
from {{ relation }}
{%- endmacro %}
