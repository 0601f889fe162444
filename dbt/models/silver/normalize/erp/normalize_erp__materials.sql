{{ normalize(
    'erp', 'materials', before=['clean'],
    columns=[
        'material_id', 'material_name', 'material_group', 'unit_code', 'safety_quantity', 'unit_cost',
        'list_price', 'updated_at',
    ],
    changed={'unit_code': 'code'},
) }}
