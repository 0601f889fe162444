{{ enrich('erp', 'sales_orders', before=['clean', 'normalize'], joins=[
    left_join(
        'customers', source='crm', optional=true, on=['customer_id'], steps=['clean', 'normalize'],
        newest=['updated_at', '_interval_start'], flag='has_customer',
        columns={'country_code': 'customer_country_code', 'segment_code': 'customer_segment_code'},
    ),
]) }}
