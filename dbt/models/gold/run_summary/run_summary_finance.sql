{{ run_summary('finance', {
    'journal_entries': ['clean', 'normalize', 'enrich', 'validate'],
    'invoices': ['clean', 'normalize', 'enrich', 'validate'],
    'accounts': ['clean'],
}) }}
