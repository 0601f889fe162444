{{ validate('adventureworks_sales', 'customers', ['clean', 'enrich']) }}
