{{ validate('adventureworks_sales', 'orders', ['clean', 'normalize', 'enrich']) }}
