{{ clean(
    'adventureworks_sales', 'stores', newest=['_interval_start', 'modified_at'],
    ids=['store_id', 'sales_person_id'],
    texts=['store_name'],
    kept=['modified_at'],
) }}
