{{ normalize(
    'sales', 'orders', before=['clean'],
    columns=[
        'order_id', 'customer_id', 'channel', 'order_status', 'ship_country_code', 'currency_code',
        'exchange_rate', 'shipping_amount', 'ordered_at', 'updated_at',
    ],
    changed={
        'channel': 'word', 'order_status': 'word', 'ship_country_code': 'country',
        'currency_code': 'currency',
    },
) }}
