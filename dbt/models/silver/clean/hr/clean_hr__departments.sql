with departments as (

    select * from {{ nearest_step('hr', 'departments', []) }}

),

ranked as (

    select
        departments.*,
        {{ version_rank(['department_code'], ['_interval_start']) }} as _version_rank
    from departments

),

clean_hr__departments as (

    select
        -- ids
        {{ clean_text('department_code') }} as department_code,

        -- text
        {{ clean_text('department_name') }} as department_name,
        {{ clean_text('cost_center') }} as cost_center,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_hr__departments
