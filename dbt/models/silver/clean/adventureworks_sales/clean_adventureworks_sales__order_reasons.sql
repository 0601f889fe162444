{{ clean(
    'adventureworks_sales', 'order_reasons', newest=['_interval_start', 'modified_at'],
    kept=['order_id', 'sales_reason_id', 'modified_at'],
) }}
