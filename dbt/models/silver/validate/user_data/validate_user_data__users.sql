{{ validate('user_data', 'users', ['clean', 'normalize', 'enrich']) }}
