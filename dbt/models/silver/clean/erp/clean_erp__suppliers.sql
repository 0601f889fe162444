{{ clean(
    'erp', 'suppliers', newest=['updated_at', '_interval_start'],
    texts=['supplier_id', 'supplier_name', 'country_code'],
    kept=['payment_days', 'updated_at'],
) }}
