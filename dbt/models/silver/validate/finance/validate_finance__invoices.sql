{{ validate('finance', 'invoices', ['clean', 'normalize', 'enrich']) }}
