{{ validate('sales', 'order_lines', ['clean', 'enrich']) }}
