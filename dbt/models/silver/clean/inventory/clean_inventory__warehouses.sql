{{ clean(
    'inventory', 'warehouses', keys=['warehouse_id'], newest=['updated_at', '_interval_start'],
    texts=['warehouse_id', 'warehouse_name', 'country_code'],
    kept=['updated_at'],
) }}
