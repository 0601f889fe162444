{{ quarantine('app_events', 'events', ['clean', 'normalize', 'enrich']) }}
