{{ quarantine('inventory', 'stock', ['clean', 'enrich']) }}
