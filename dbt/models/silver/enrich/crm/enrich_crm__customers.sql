{{ enrich('crm', 'customers', before=['clean', 'normalize'], joins=[
    left_join(
        'segments', on=['segment_code'], steps=['clean'], flag='has_segment',
        columns={'segment_name': 'segment_name', 'discount_percent': 'segment_discount_percent'},
    ),
]) }}
