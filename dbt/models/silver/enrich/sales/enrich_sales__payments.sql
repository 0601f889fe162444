{{ enrich('sales', 'payments', before=['clean', 'normalize'], joins=[
    left_join(
        'orders', on=['order_id'], steps=['clean', 'normalize'], newest=['updated_at', '_interval_start'],
        flag='has_order', columns=['customer_id', 'currency_code'],
    ),
]) }}
