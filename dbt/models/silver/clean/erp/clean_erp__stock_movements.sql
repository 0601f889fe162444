{{ clean(
    'erp', 'stock_movements', newest=['updated_at', '_interval_start'],
    texts=['movement_id', 'plant_id', 'material_id', 'movement_type', 'unit_code'],
    kept=['quantity', 'posted_at', 'updated_at'],
) }}
