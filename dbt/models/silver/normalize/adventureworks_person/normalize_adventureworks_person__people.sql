{{- keyed_step('adventureworks_person', 'people', ['clean']) -}}
with people as (

    select * from {{ nearest_step('adventureworks_person', 'people', ['clean']) }} as entered
    {{- touched('entered') }}

),

normalize_adventureworks_person__people as (

    select
        people.*,
        case {{ normalize_code('person_type_code') }}
            when 'IN' then 'consumer'
            when 'SC' then 'store contact'
            when 'GC' then 'general contact'
            when 'SP' then 'sales person'
            when 'EM' then 'employee'
            when 'VC' then 'vendor contact'
        end as person_type
    from people

)

select * from normalize_adventureworks_person__people
