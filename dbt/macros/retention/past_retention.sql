{#-
  Rows that an earlier cleanup deleted come back where a table is made anew from landing, which is kept longer: they
  count neither as lost nor as held.
-#}
{% macro past_retention(relation, cutoff, cleaned, share) %}
    {%- if '_run_date' not in adapter.get_columns_in_relation(relation) | map(attribute='name') -%}
        {{ return({'relation': relation, 'cutoff': none, 'gone': 0, 'held': none, 'share': 0, 'too_many': false}) }}
    {%- endif -%}
    {%- set counted = run_query(count_past(relation, cutoff, iso_day('cleaned', cleaned)))[0] -%}
    {%- set held, gone, returned = counted[0] | int, counted[1] | int, counted[2] | int -%}
    {%- set lost, of = gone - returned, held - returned -%}
    {{ return({
        'relation': relation, 'cutoff': cutoff, 'gone': gone, 'held': held,
        'share': lost / of if of else 0, 'too_many': lost > share * of,
    }) }}
{% endmacro %}
