{{ quarantine('sales', 'payments', ['clean', 'normalize', 'enrich']) }}
