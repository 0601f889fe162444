{{ validate('erp', 'purchase_orders', ['clean', 'normalize', 'enrich']) }}
