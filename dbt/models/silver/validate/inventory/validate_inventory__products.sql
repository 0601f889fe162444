{{ validate('inventory', 'products', ['clean', 'normalize']) }}
