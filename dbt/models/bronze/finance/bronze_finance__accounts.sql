with landed as (

    select * from {{ landed('finance', 'accounts') }}

),

bronze_finance__accounts as (

    select
        -- ids
        {{ to_text('account_id') }} as account_id,

        -- text
        {{ to_text('name') }} as account_name,
        {{ to_text('kind') }} as account_kind,

        -- landing
        _interval_start,
        _run_date
    from landed

)

select * from bronze_finance__accounts
