with landed as (

    select * from {{ landed('adventureworks_person', 'people') }}

),

bronze_adventureworks_person__people as (

    select
        -- ids
        {{ to_integer('businessentityid') }} as person_id,

        -- text
        {{ to_text('title') }} as title,
        {{ to_text('firstname') }} as first_name,
        {{ to_text('middlename') }} as middle_name,
        {{ to_text('lastname') }} as last_name,
        {{ to_text('suffix') }} as suffix,
        {{ to_text('persontype') }} as person_type_code,
        {{ to_text('rowguid') }} as row_id,

        -- numbers
        {{ to_integer('emailpromotion') }} as email_promotion_level,

        -- flags
        {{ to_flag('namestyle') }} as is_last_name_first,

        -- timestamps
        {{ to_timestamp('modifieddate') }} as modified_at,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_adventureworks_person__people
