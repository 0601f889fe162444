{{ enrich('finance', 'invoices', before=['clean', 'normalize'], joins=[
    left_join(
        'customers', source='crm', optional=true, on={'party_id': 'customer_id'}, steps=['clean', 'normalize'],
        newest=['updated_at', '_interval_start'], flag='has_customer',
        columns={'country_code': 'customer_country_code'},
    ),
]) }}
