{{ clean(
    'adventureworks_person', 'people', newest=['_interval_start', 'modified_at'],
    ids=['person_id'],
    texts=['title', 'first_name', 'middle_name', 'last_name', 'suffix', 'person_type_code', 'row_id'],
    kept=['email_promotion_level', 'is_last_name_first', 'modified_at'],
) }}
