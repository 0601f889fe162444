{{ run_summary('app_events', {
    'events': ['clean', 'normalize', 'enrich', 'validate'],
}) }}
