{{ enrich('erp', 'sales_order_lines', before=['clean', 'normalize'], joins=[
    left_join(
        'sales_orders', on=['order_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_order', columns=['customer_id', 'ordered_at'],
    ),
    left_join(
        'materials', on=['material_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_material', columns=['material_name', 'material_group'],
    ),
]) }}
