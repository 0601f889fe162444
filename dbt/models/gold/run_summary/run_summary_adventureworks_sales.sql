{{ run_summary('adventureworks_sales', {
    'orders': ['clean', 'normalize', 'enrich', 'validate'],
    'order_lines': ['clean', 'enrich', 'validate'],
    'order_reasons': ['clean'],
    'sales_reasons': ['clean'],
    'stores': ['clean'],
    'customers': ['clean', 'enrich', 'validate'],
}) }}
