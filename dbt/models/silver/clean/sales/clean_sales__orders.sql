{{ clean(
    'sales', 'orders', newest=['updated_at', '_interval_start'],
    texts=['order_id', 'customer_id', 'channel', 'order_status', 'ship_country_code', 'currency_code'],
    kept=['exchange_rate', 'shipping_amount', 'ordered_at', 'updated_at'],
) }}
