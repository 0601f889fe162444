{{ validate('erp', 'stock_movements', ['clean', 'normalize', 'enrich']) }}
