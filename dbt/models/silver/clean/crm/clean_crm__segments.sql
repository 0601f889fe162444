{{ clean(
    'crm', 'segments', keys=['segment_code'], newest=['_interval_start'],
    texts=['segment_code', 'segment_name'],
    kept=['discount_percent'],
) }}
