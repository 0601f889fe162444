{{ validate('erp', 'sales_order_lines', ['clean', 'normalize', 'enrich']) }}
