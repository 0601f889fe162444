{{ clean(
    'sales', 'payments', newest=['updated_at', '_interval_start'],
    texts=['payment_id', 'order_id', 'payment_method'],
    kept=['paid_amount', 'paid_at', 'updated_at'],
) }}
