{{ run_summary('adventureworks_production', {
    'products': ['clean', 'normalize', 'enrich', 'validate'],
    'categories': ['clean'],
    'subcategories': ['clean'],
}) }}
