{{ clean(
    'adventureworks_production', 'products', newest=['_interval_start', 'modified_at'],
    ids=['product_id', 'product_model_id', 'subcategory_id'],
    texts=[
        'product_name', 'product_number', 'product_line_code', 'class_code', 'color', 'weight_unit_code',
        'row_id',
    ],
    kept=[
        'safety_stock_level', 'reorder_point', 'manufacture_days', 'weight', 'is_made_in_house',
        'is_finished_good', 'standard_cost', 'list_price', 'sell_start_date', 'modified_at',
    ],
) }}
