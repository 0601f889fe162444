{{ validate('adventureworks_person', 'people', ['clean', 'normalize']) }}
