with addresses as (

    select * from {{ nearest_step('adventureworks_person', 'addresses', ['clean', 'normalize']) }}

),

states as (

    select * from {{ one_per_key('adventureworks_person', 'states', ['clean', 'normalize'], ['state_id']) }}

),

countries as (

    select * from {{ one_per_key('adventureworks_person', 'countries', ['clean', 'normalize'], ['country_code']) }}

),

enrich_adventureworks_person__addresses as (

    select
        addresses.*,
        states.state_code,
        states.state_name,
        states.territory_id,
        states.country_code,
        countries.country_name
    from addresses
    left join states
        on addresses.state_id = states.state_id
    left join countries
        on states.country_code = countries.country_code

)

select * from enrich_adventureworks_person__addresses
