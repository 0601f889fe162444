{{ clean(
    'finance', 'accounts', newest=['_interval_start'],
    texts=['account_id', 'account_name', 'account_kind'],
) }}
