{{ validate('app_events', 'events', ['clean', 'normalize', 'enrich']) }}
