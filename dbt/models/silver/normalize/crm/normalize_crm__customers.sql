{#- Blanks around a mail are `clean`'s to take: for a client without it the rule on mails counts them. -#}
{{ normalize(
    'crm', 'customers', before=['clean'],
    columns=[
        'customer_id', 'segment_code', 'first_name', 'last_name', 'email', 'phone', 'country_code',
        'is_marketing_allowed', 'registered_at', 'updated_at',
    ],
    changed={'segment_code': 'code', 'email': {'sql': 'lower(email)'}, 'country_code': 'country'},
) }}
