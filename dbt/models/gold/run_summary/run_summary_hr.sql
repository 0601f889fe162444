{{ run_summary('hr', {
    'employees': ['clean', 'normalize', 'enrich', 'validate'],
    'departments': ['clean'],
}) }}
