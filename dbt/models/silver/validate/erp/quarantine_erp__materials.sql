{{ quarantine('erp', 'materials', ['clean', 'normalize']) }}
