{{ clean(
    'finance', 'invoices', newest=['updated_at', '_interval_start'],
    texts=['invoice_id', 'party_id', 'invoice_kind', 'currency_code'],
    kept=[
        'exchange_rate', 'invoice_amount', 'paid_amount', 'issued_date', 'due_date', 'paid_date',
        'updated_at',
    ],
) }}
