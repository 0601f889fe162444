{{ clean(
    'crm', 'customers', newest=['updated_at', '_interval_start'],
    texts=['customer_id', 'segment_code', 'first_name', 'last_name', 'email', 'phone', 'country_code'],
    kept=['is_marketing_allowed', 'registered_at', 'updated_at'],
) }}
