{{ enrich('finance', 'journal_entries', before=['clean', 'normalize'], joins=[
    left_join(
        'accounts', on=['account_id'], steps=['clean'],
        flag='has_account', columns=['account_name', 'account_kind'],
    ),
]) }}
