with accounts as (

    select * from {{ nearest_step('finance', 'accounts', []) }}

),

ranked as (

    select
        accounts.*,
        {{ version_rank(['account_id'], ['_interval_start']) }} as _version_rank
    from accounts

),

clean_finance__accounts as (

    select
        -- ids
        {{ clean_text('account_id') }} as account_id,

        -- text
        {{ clean_text('account_name') }} as account_name,
        {{ clean_text('account_kind') }} as account_kind,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_finance__accounts
