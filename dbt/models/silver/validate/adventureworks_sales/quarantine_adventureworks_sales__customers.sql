{{ quarantine('adventureworks_sales', 'customers', ['clean', 'enrich']) }}
