{{ normalize(
    'finance', 'journal_entries', before=['clean'],
    columns=[
        'entry_id', 'journal_id', 'account_id', 'currency_code', 'cost_center', 'entry_text', 'exchange_rate',
        'debit_amount', 'credit_amount', 'posted_at', 'updated_at',
    ],
    changed={'currency_code': 'currency', 'cost_center': 'code'},
) }}
