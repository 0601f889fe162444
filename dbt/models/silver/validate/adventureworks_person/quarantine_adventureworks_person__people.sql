{{ quarantine('adventureworks_person', 'people', ['clean', 'normalize']) }}
