{{ quarantine('sales', 'orders', ['clean', 'normalize', 'enrich']) }}
