{{ normalize(
    'erp', 'suppliers', before=['clean'],
    columns=['supplier_id', 'supplier_name', 'country_code', 'payment_days', 'updated_at'],
    changed={'country_code': 'country'},
) }}
