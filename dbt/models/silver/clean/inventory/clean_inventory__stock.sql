{{ clean(
    'inventory', 'stock', newest=['counted_at', '_interval_start'],
    texts=['warehouse_id', 'product_id'],
    kept=['on_hand_quantity', 'reserved_quantity', 'reorder_point', 'counted_at'],
) }}
