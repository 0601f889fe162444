{{ validate('adventureworks_sales', 'order_lines', ['clean', 'enrich']) }}
