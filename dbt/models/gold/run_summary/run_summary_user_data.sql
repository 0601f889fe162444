{{ run_summary('user_data', {
    'users': ['clean', 'normalize', 'enrich', 'validate'],
    'plans': ['clean'],
}) }}
