{{ quarantine('hr', 'employees', ['clean', 'normalize', 'enrich']) }}
