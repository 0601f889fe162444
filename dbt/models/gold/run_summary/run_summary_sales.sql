{{ run_summary('sales', {
    'orders': ['clean', 'normalize', 'enrich', 'validate'],
    'order_lines': ['clean', 'enrich', 'validate'],
    'payments': ['clean', 'normalize', 'enrich', 'validate'],
}) }}
