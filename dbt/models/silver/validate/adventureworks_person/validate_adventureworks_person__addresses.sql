{{ validate('adventureworks_person', 'addresses', ['clean', 'normalize', 'enrich']) }}
