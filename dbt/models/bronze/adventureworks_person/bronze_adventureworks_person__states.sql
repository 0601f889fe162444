with landed as (

    select * from {{ landed('adventureworks_person', 'states') }}

),

bronze_adventureworks_person__states as (

    select
        -- ids
        {{ to_integer('stateprovinceid') }} as state_id,
        {{ to_integer('territoryid') }} as territory_id,

        -- text
        {{ to_text('countryregioncode') }} as country_code,
        {{ to_text('stateprovincecode') }} as state_code,
        {{ to_text('name') }} as state_name,
        {{ to_text('rowguid') }} as row_id,

        -- flags
        {{ to_flag('isonlystateprovinceflag') }} as is_whole_country,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_person__states
