{{ quarantine('sales', 'order_lines', ['clean', 'enrich']) }}
