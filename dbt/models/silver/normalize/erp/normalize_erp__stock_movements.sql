{{ normalize(
    'erp', 'stock_movements', before=['clean'],
    columns=[
        'movement_id', 'plant_id', 'material_id', 'movement_type', 'unit_code', 'quantity', 'posted_at',
        'updated_at',
    ],
    changed={'unit_code': 'code'},
) }}
