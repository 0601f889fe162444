-- The interval's business of the shop: orders, their lines and what was paid.

create table order_true as
with drawn as (
    select
        i,
        -- A few customers buy most of what is bought.
        1 + floor(pow(draw(now_of('buyer'), i), 2) * (select count(*) from person))::int as buyer,
        after_seconds(getvariable('started_at'), draw(now_of('moment'), i) * (interval_seconds() - slack_seconds())) as ordered_at,
        is_planted(now_of('order guest'), 19, i) as is_guest,
        is_planted(now_of('order unknown customer'), 61, i) and not is_guest as is_unknown_customer,
        is_planted(now_of('order unknown currency'), 79, i) as is_unknown_currency,
        is_planted(now_of('order untidy currency'), 17, i) and not is_unknown_currency as is_untidy_currency,
        is_planted(now_of('order future date'), 71, i) as is_future,
        is_planted(now_of('order late'), 31, i) and not is_future as is_late,
        is_planted(now_of('order exact duplicate'), 47, i) as has_duplicate,
        is_planted(now_of('order old version'), 13, i) as has_old_version
    -- Two orders a unit, each with its lines and its payment.
    from range(1, 1 + 2 * getvariable('volume')) as numbers(i)
)
select
    drawn.*,
    'O' || getvariable('interval_text') || '-' || lpad(drawn.i::varchar, 6, '0') as order_id,
    person.customer_id,
    person.country,
    country.currency,
    country.rate,
    pick(['web', 'web', 'app', 'store', 'phone'], now_of('channel'), drawn.i) as channel,
    pick(['paid', 'paid', 'shipped', 'shipped', 'shipped', 'delivered', 'delivered', 'delivered', 'delivered', 'cancelled'],
        now_of('status'), drawn.i) as status,
    (pick([0, 490, 490, 990], now_of('shipping'), drawn.i) / 100)::decimal(10, 2) as shipping_fee,
    after_seconds(ordered_at, slack_seconds() * (0.2 + 0.7 * draw(now_of('delay'), drawn.i))) as updated_at,
    -- Sent again by the next interval's extract: only an order that breaks no rule, so that each defect counts once.
    is_planted(now_of('order corrected'), 29, drawn.i)
        and not (is_guest or is_unknown_customer or is_unknown_currency or is_untidy_currency or is_future)
        as is_corrected
from drawn
inner join person on drawn.buyer = person.i
inner join country on person.country = country.code;

create table order_sent as
select
    i,
    0 as age,
    order_id,
    case when is_guest then '' when is_unknown_customer then 'X' || substr(customer_id, 2) else customer_id end as customer_id,
    channel,
    status,
    country as ship_country,
    case
        when is_unknown_currency then 'XXX'
        when is_untidy_currency then ' ' || lower(currency)
        else currency
    end as currency,
    rate as exchange_rate,
    shipping_fee,
    case
        when is_future then ordered_at + interval 45 days
        when is_late then ordered_at - interval 1 day
        else ordered_at
    end as ordered_at,
    updated_at
from order_true;

-- now: what stands above is enough of the interval before.

create table line_true as
with counted as (
    select *, 1 + floor(4 * pow(draw(now_of('lines'), i), 2))::int as line_count from order_true
),

numbered as (
    select counted.*, line_number, row_number() over (order by counted.i, line_number) as n
    from counted, lateral (select unnest(range(1, 1 + line_count)) as line_number)
),

-- A column of its own: joined by the bare expression, every line would meet every item.
bought as (
    select
        numbered.*,
        1 + floor(pow(draw(now_of('product'), n), 1.5) * (select count(*) from item))::bigint as item_number
    from numbered
)
select
    bought.* exclude (has_duplicate, is_future, item_number),
    item.product_id,
    1 + floor(5 * pow(draw(now_of('quantity'), n), 3))::int as quantity,
    round(item.list_price / bought.rate, 2)::decimal(10, 2) as unit_price,
    pick([0, 0, 0, 5, 10], now_of('discount'), n)::decimal(5, 2) as discount_percent,
    is_planted(now_of('line orphan'), 23, n) as is_orphan,
    is_planted(now_of('line unknown product'), 73, n) as is_unknown_product,
    is_planted(now_of('line negative quantity'), 53, n) as is_negative,
    is_planted(now_of('line free'), 89, n) as is_free,
    is_planted(now_of('line exact duplicate'), 41, n) as has_duplicate
from bought
inner join item on bought.item_number = item.i;

create table payment_true as
with due as (
    select i, sum((quantity * unit_price * (100 - discount_percent) * 0.01)::decimal(12, 2)) as amount
    from line_true
    group by i
)
select
    order_true.* exclude (has_duplicate, has_old_version, is_future, updated_at),
    'Y' || substr(order_id, 2) as payment_id,
    (due.amount + shipping_fee)::decimal(12, 2) as amount,
    pick(['card', 'card', 'paypal', 'invoice', 'voucher'], now_of('method'), order_true.i) as method,
    after_seconds(ordered_at, slack_seconds() * 0.1) as paid_at,
    updated_at,
    is_planted(now_of('payment orphan'), 71, order_true.i) as is_orphan,
    is_planted(now_of('payment negative'), 61, order_true.i) as is_negative,
    is_planted(now_of('payment blank method'), 79, order_true.i) as is_blank_method,
    is_planted(now_of('payment untidy method'), 11, order_true.i) and not is_blank_method as is_untidy_method,
    is_planted(now_of('payment exact duplicate'), 43, order_true.i) as has_duplicate
from order_true
inner join due on order_true.i = due.i
where status <> 'cancelled';

create view orders as
with all_rows as (
    select * from order_sent
    union all by name
    select * replace (1 as age) from order_sent where i in (select i from order_true where has_duplicate)
    union all by name
    select * replace (2 as age, 'placed' as status, after_seconds(updated_at, -0.1 * slack_seconds()) as updated_at)
    from order_sent where i in (select i from order_true where has_old_version)
    union all by name
    select * replace (
        -1 as age, 'delivered' as status, 0 as shipping_fee,
        after_seconds(getvariable('started_at'), draw(now_of('correction'), i) * interval_seconds()) as updated_at
    )
    from before.order_sent where i in (select i from before.order_true where is_corrected)
)
select * exclude (i, age) replace (
    strftime(ordered_at, '%Y-%m-%dT%H:%M:%S') as ordered_at, strftime(updated_at, '%Y-%m-%dT%H:%M:%S') as updated_at
) from all_rows order by i, newest_first_or_last(i, age);

create view order_lines as
with all_rows as (
    select *, 0 as age from line_true
    union all
    select *, 1 as age from line_true where has_duplicate
)
select
    case when is_orphan then 'X' || substr(order_id, 2) else order_id end as order_id,
    line_number,
    case when is_unknown_product then 'X' || substr(product_id, 2) else product_id end as product_id,
    case when is_negative then -quantity else quantity end as quantity,
    case when is_free then 0 else unit_price end as unit_price,
    discount_percent,
    strftime(updated_at, '%Y-%m-%dT%H:%M:%S') as updated_at
from all_rows order by n, age;

create view payments as
with all_rows as (
    select *, 0 as age from payment_true
    union all
    select *, 1 as age from payment_true where has_duplicate
)
select
    payment_id,
    case when is_orphan then 'X' || substr(order_id, 2) else order_id end as order_id,
    case
        when is_blank_method then ' '
        when is_untidy_method then upper(method) || ' '
        else method
    end as method,
    case when is_negative then -amount else amount end as amount,
    strftime(paid_at, '%Y-%m-%dT%H:%M:%S') as paid_at,
    strftime(updated_at, '%Y-%m-%dT%H:%M:%S') as updated_at
from all_rows order by i, age;

create table planted as
select 'orders' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from orders),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'late_rows': count_if(is_late),
    'corrected_keys': (select count_if(is_corrected) from before.order_true),
    'untidy_currencies': count_if(is_untidy_currency),
    'sales_order_names_customer': count_if(is_guest),
    'sales_order_has_customer': count_if(is_unknown_customer),
    'sales_currency_is_known': count_if(is_unknown_currency),
    'sales_order_is_not_from_the_future': count_if(is_future)
}), recursive := true)
from order_true
union all
select 'order_lines', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from order_lines),
    'exact_duplicates': count_if(has_duplicate),
    'sales_line_has_order': count_if(is_orphan),
    'sales_line_has_product': count_if(is_unknown_product),
    'sales_line_quantity_is_positive': count_if(is_negative),
    'sales_line_price_is_positive': count_if(is_free)
}), recursive := true)
from line_true
union all
select 'payments', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from payments),
    'exact_duplicates': count_if(has_duplicate),
    'untidy_methods': count_if(is_untidy_method),
    'sales_payment_has_order': count_if(is_orphan),
    'sales_payment_is_positive': count_if(is_negative),
    'sales_payment_method_is_known': count_if(is_blank_method)
}), recursive := true)
from payment_true;
