{{- needs_transformation('aggregate') -}}
{{- needs_sources(['sales']) -}}
{{ rolling_week(
    'retail_rolling_sales', ref('retail_orders'),
    day='order_date', revenue='case when is_sold = 1 then goods_value_eur else 0 end', until='cast(updated_at as date)',
    source='sales',
) }}
