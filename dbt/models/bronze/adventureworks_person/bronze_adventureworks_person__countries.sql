with landed as (

    select * from {{ landed('adventureworks_person', 'countries') }}

),

bronze_adventureworks_person__countries as (

    select
        -- text
        {{ to_text('countryregioncode') }} as country_code,
        {{ to_text('name') }} as country_name,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_person__countries
