{{ enrich('erp', 'purchase_orders', before=['clean', 'normalize'], joins=[
    left_join(
        'suppliers', on=['supplier_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_supplier',
        columns={'supplier_name': 'supplier_name', 'country_code': 'supplier_country_code'},
    ),
    left_join(
        'materials', on=['material_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_material', columns=['material_name', 'material_group'],
    ),
]) }}
