{{- needs_transformation('aggregate') -}}
{{- needs_sources(['adventureworks_sales']) -}}
{{ rolling_week(
    'adventureworks_rolling_sales', ref('adventureworks_orders'),
    day='order_date', revenue='order_value', until='order_date',
) }}
