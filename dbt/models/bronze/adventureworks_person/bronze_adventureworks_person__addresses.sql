with landed as (

    select * from {{ landed('adventureworks_person', 'addresses') }}

),

bronze_adventureworks_person__addresses as (

    select
        -- ids
        {{ to_integer('addressid') }} as address_id,
        {{ to_integer('stateprovinceid') }} as state_id,

        -- text
        {{ to_text('addressline1') }} as address_line_1,
        {{ to_text('addressline2') }} as address_line_2,
        {{ to_text('city') }} as city,
        {{ to_text('postalcode') }} as postal_code,
        {{ to_text('spatiallocation') }} as spatial_location,
        {{ to_text('rowguid') }} as row_id,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_person__addresses
