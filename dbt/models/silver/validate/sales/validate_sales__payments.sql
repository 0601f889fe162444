{{ validate('sales', 'payments', ['clean', 'normalize', 'enrich']) }}
