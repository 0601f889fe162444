{{ clean(
    'erp', 'materials', newest=['updated_at', '_interval_start'],
    texts=['material_id', 'material_name', 'material_group', 'unit_code'],
    kept=['safety_quantity', 'unit_cost', 'list_price', 'updated_at'],
) }}
