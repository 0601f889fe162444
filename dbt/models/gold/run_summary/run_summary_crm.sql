{{ run_summary('crm', {
    'customers': ['clean', 'normalize', 'enrich', 'validate'],
    'segments': ['clean'],
}) }}
