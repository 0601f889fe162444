{{ normalize(
    'inventory', 'products', before=['clean'],
    columns=['product_id', 'product_name', 'category', 'is_active', 'list_price', 'unit_cost', 'updated_at'],
    changed={
        'category': {
            'sql': 'concat(upper(substring(trim(category), 1, 1)), lower(substring(trim(category), 2, 100)))',
        },
    },
) }}
