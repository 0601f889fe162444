{{ clean(
    'adventureworks_sales', 'customers', newest=['_interval_start'],
    kept=['customer_id', 'person_id', 'store_id', 'territory_id'],
) }}
