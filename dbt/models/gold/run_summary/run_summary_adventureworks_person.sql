{{ run_summary('adventureworks_person', {
    'addresses': ['clean', 'normalize', 'enrich'],
    'countries': ['clean', 'normalize'],
    'people': ['clean', 'normalize'],
    'states': ['clean', 'normalize'],
}) }}
