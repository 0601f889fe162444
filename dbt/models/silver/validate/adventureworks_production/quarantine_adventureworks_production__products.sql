{{ quarantine('adventureworks_production', 'products', ['clean', 'normalize', 'enrich']) }}
