{#-
  A rule's query gives one row (population, failing). Both are told to whoever listens, as one log event, and dbt
  gets `failing` as its failures. Every other test keeps dbt's own behaviour. Neither adapter has a test
  materialization of its own, so `default` wins on both targets.
-#}
{%- materialization test, default -%}
    {%- if (model.test_metadata or {}).name != 'rule' -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}

    {%- call statement('rule', fetch_result=True) -%}
        {{ sql }}
    {%- endcall -%}
    {%- set measured = load_result('rule')['data'][0] -%}
    {%- set population, failing = measured[0] | int, measured[1] | int -%}
    {%- do log(tojson({'medallion_rule': model.name, 'population': population, 'failing': failing})) -%}

    {%- call statement('main', fetch_result=True) -%}
        select
            {{ failing }} as failures,
            case when {{ failing }} {{ config.get('warn_if') }} then 'true' else 'false' end as should_warn,
            case when {{ failing }} {{ config.get('error_if') }} then 'true' else 'false' end as should_error
    {%- endcall -%}
    {{ return({'relations': []}) }}
{%- endmaterialization -%}
