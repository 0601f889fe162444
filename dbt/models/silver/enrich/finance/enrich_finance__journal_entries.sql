with journal_entries as (

    select * from {{ nearest_step('finance', 'journal_entries', ['clean', 'normalize']) }}

),

accounts as (

    select * from {{ one_per_key('finance', 'accounts', ['clean'], ['account_id']) }}

),

enrich_finance__journal_entries as (

    select
        journal_entries.*,
        case when accounts.account_id is null then 0 else 1 end as has_account,
        accounts.account_name,
        accounts.account_kind
    from journal_entries
    left join accounts
        on journal_entries.account_id = accounts.account_id

)

select * from enrich_finance__journal_entries
