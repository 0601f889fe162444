{{ quarantine('inventory', 'products', ['clean', 'normalize']) }}
