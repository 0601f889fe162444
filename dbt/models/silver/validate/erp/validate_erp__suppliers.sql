{{ validate('erp', 'suppliers', ['clean', 'normalize']) }}
