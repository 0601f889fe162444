{{ normalize(
    'app_events', 'events', before=['clean'],
    columns=[
        'event_id', 'user_id', 'session_id', 'item_id', 'event_name', 'platform', 'app_version',
        'country_code', 'referrer', 'currency_code', 'attempt', 'amount', 'occurred_at', 'received_at',
    ],
    changed={
        'event_name': 'word', 'platform': 'word', 'country_code': 'country', 'referrer': 'word',
        'currency_code': 'currency',
    },
) }}
