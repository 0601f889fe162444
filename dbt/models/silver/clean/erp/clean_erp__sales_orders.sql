{{ clean(
    'erp', 'sales_orders', newest=['updated_at', '_interval_start'],
    texts=['order_id', 'customer_id', 'company_code', 'order_status', 'currency_code'],
    kept=['exchange_rate', 'ordered_at', 'updated_at'],
) }}
