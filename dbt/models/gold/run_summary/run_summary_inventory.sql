{{ run_summary('inventory', {
    'products': ['clean', 'normalize', 'validate'],
    'warehouses': ['clean'],
    'stock': ['clean', 'enrich', 'validate'],
}) }}
