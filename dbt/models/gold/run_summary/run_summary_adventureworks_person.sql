{{ run_summary('adventureworks_person', {
    'addresses': ['clean', 'normalize', 'enrich', 'validate'],
    'countries': ['clean', 'normalize'],
    'people': ['clean', 'normalize', 'validate'],
    'states': ['clean', 'normalize'],
}) }}
