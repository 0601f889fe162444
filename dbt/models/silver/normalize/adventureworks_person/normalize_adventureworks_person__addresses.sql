with addresses as (

    select * from {{ nearest_step('adventureworks_person', 'addresses', ['clean']) }}

),

normalize_adventureworks_person__addresses as (

    select
        -- ids
        address_id,
        state_id,

        -- text
        address_line_1,
        address_line_2,
        city,
        upper(trim(postal_code)) as postal_code,
        spatial_location,
        row_id,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from addresses

)

select * from normalize_adventureworks_person__addresses
