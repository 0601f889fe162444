{{- needs_transformation('aggregate') -}}
{{- needs_sources(['erp']) -}}
{{ rolling_week(
    'erp_rolling_sales', ref('erp_orders'),
    day='order_date', revenue='case when is_sold = 1 then order_value_eur else 0 end', until='cast(updated_at as date)',
    source='erp',
) }}
