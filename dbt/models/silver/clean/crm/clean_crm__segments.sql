{{ clean(
    'crm', 'segments', newest=['_interval_start'],
    texts=['segment_code', 'segment_name'],
    kept=['discount_percent'],
) }}
