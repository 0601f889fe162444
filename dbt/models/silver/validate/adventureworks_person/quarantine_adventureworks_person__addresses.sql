{{ quarantine('adventureworks_person', 'addresses', ['clean', 'normalize', 'enrich']) }}
