with landed as (

    select * from {{ landed('hr', 'departments') }}

),

bronze_hr__departments as (

    select
        -- ids
        {{ to_text('department_code') }} as department_code,

        -- text
        {{ to_text('name') }} as department_name,
        {{ to_text('cost_center') }} as cost_center,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_hr__departments
