{{ quarantine('erp', 'sales_orders', ['clean', 'normalize', 'enrich']) }}
