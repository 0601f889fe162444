{{ normalize(
    'sales', 'payments', before=['clean'],
    columns=['payment_id', 'order_id', 'payment_method', 'paid_amount', 'paid_at', 'updated_at'],
    changed={'payment_method': 'word'},
) }}
