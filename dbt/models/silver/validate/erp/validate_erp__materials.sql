{{ validate('erp', 'materials', ['clean', 'normalize']) }}
