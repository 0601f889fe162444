{{ validate('hr', 'employees', ['clean', 'normalize', 'enrich']) }}
