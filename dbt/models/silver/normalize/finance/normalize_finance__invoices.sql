{{ normalize(
    'finance', 'invoices', before=['clean'],
    columns=[
        'invoice_id', 'party_id', 'invoice_kind', 'currency_code', 'exchange_rate', 'invoice_amount',
        'paid_amount', 'issued_date', 'due_date', 'paid_date', 'updated_at',
    ],
    changed={'invoice_kind': 'word', 'currency_code': 'currency'},
) }}
