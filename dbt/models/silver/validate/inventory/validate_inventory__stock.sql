{{ validate('inventory', 'stock', ['clean', 'enrich']) }}
