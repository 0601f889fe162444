{{ validate('sales', 'orders', ['clean', 'normalize', 'enrich']) }}
