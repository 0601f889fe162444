{{ quarantine('finance', 'journal_entries', ['clean', 'normalize', 'enrich']) }}
