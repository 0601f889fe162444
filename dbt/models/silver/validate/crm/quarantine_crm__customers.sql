{{ quarantine('crm', 'customers', ['clean', 'normalize', 'enrich']) }}
