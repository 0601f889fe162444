{{ clean(
    'finance', 'journal_entries', newest=['updated_at', '_interval_start'],
    texts=['entry_id', 'journal_id', 'account_id', 'currency_code', 'cost_center', 'entry_text'],
    kept=['exchange_rate', 'debit_amount', 'credit_amount', 'posted_at', 'updated_at'],
) }}
