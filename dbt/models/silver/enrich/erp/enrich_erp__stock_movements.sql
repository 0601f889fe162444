{{ enrich('erp', 'stock_movements', before=['clean', 'normalize'], joins=[
    left_join(
        'materials', on=['material_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_material', columns=['material_name', 'material_group'],
    ),
]) }}
