{{ clean(
    'adventureworks_sales', 'sales_reasons', newest=['_interval_start', 'modified_at'],
    ids=['sales_reason_id'],
    texts=['sales_reason_name', 'reason_type'],
    kept=['modified_at'],
) }}
