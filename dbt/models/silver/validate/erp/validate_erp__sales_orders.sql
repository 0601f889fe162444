{{ validate('erp', 'sales_orders', ['clean', 'normalize', 'enrich']) }}
