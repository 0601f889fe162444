{%- set steps = ['clean', 'normalize', 'enrich', 'validate'] -%}
with users as (

    select *
    from {{ one_per_key('user_data', 'users', steps, ['updated_at', '_interval_start']) }}

),

engagement_users as (

    select
        -- ids
        user_id,
        plan_code,

        -- text
        email,
        country_code,
        {{ step_column('enrich', 'user_data', 'users', 'plan_name', text_type()) }} as plan_name,
        {{ step_column('validate', 'user_data', 'users', '_flags', text_type()) }} as flags,

        -- numbers
        seat_count,

        -- money
        {{ step_column('enrich', 'user_data', 'users', 'monthly_price', 'decimal(18, 4)') }} as monthly_price,

        -- dates
        cast(signed_up_at as date) as signed_up_date,

        -- timestamps
        updated_at
    from users

)

select * from engagement_users
