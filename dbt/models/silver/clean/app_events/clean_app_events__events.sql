{{ clean(
    'app_events', 'events', newest=['received_at', '_interval_start'],
    texts=[
        'event_id', 'user_id', 'session_id', 'item_id', 'event_name', 'platform', 'app_version',
        'country_code', 'referrer', 'currency_code',
    ],
    kept=['attempt', 'amount', 'occurred_at', 'received_at'],
) }}
