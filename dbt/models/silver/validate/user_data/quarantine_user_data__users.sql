{{ quarantine('user_data', 'users', ['clean', 'normalize', 'enrich']) }}
