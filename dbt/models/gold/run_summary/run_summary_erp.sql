{{ run_summary('erp', {
    'materials': ['clean', 'normalize', 'validate'],
    'suppliers': ['clean', 'normalize', 'validate'],
    'sales_orders': ['clean', 'normalize', 'enrich', 'validate'],
    'sales_order_lines': ['clean', 'normalize', 'enrich', 'validate'],
    'purchase_orders': ['clean', 'normalize', 'enrich', 'validate'],
    'stock_movements': ['clean', 'normalize', 'enrich', 'validate'],
}) }}
