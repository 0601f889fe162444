{{ clean(
    'inventory', 'warehouses', newest=['updated_at', '_interval_start'],
    texts=['warehouse_id', 'warehouse_name', 'country_code'],
    kept=['updated_at'],
) }}
