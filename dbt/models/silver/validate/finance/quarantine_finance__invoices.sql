{{ quarantine('finance', 'invoices', ['clean', 'normalize', 'enrich']) }}
