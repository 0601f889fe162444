{{ validate('crm', 'customers', ['clean', 'normalize', 'enrich']) }}
