{{ quarantine('erp', 'suppliers', ['clean', 'normalize']) }}
