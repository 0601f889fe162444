-- A snapshot of the warehouses: what can be sold, and how much of it lies where when the interval ends.

create table product_true as
select
    *,
    round(list_price * cost_share, 2)::decimal(10, 2) as unit_cost,
    is_planted('product missing cost', 53, i) as is_missing_cost,
    is_planted('product cost above price', 71, i) and not is_missing_cost as is_cost_above_price,
    is_planted('product untidy category', 13, i) as is_untidy_category,
    is_planted('product exact duplicate', 47, i) as has_duplicate,
    is_planted('product old version', 37, i) as has_old_version
from item;

create table product_sent as
select
    i,
    0 as age,
    product_id,
    pick(['Basic ', 'Classic ', 'Pro ', 'Eco '], 'product line', i) || category || ' ' || i as name,
    case when is_untidy_category then ' ' || lower(category) || ' ' else category end as category,
    list_price,
    case when is_missing_cost then null when is_cost_above_price then list_price + 1 else unit_cost end::decimal(10, 2)
        as unit_cost,
    draw('active', i) < 0.95 as is_active,
    timestamp '2015-01-01 08:00:00' + to_days((i % 365)::int) as updated_at
from product_true;

create view products as
with all_rows as (
    select * from product_sent
    union all by name
    select * replace (1 as age) from product_sent where i in (select i from product_true where has_duplicate)
    union all by name
    select * replace (2 as age, (list_price * 2)::decimal(10, 2) as list_price, updated_at - interval 30 days as updated_at)
    from product_sent where i in (select i from product_true where has_old_version)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create view warehouses as
select warehouse_id, city as name, country, timestamp '2015-01-01 08:00:00' as updated_at from place order by i;

create table stock_true as
select
    (item.i - 1) * 5 + place.i as n,
    place.warehouse_id,
    item.product_id,
    floor(120 * draw('stock', n) * (0.5 + draw(now_of('stock'), n)))::int as on_hand,
    floor(on_hand * 0.3 * draw(now_of('reserved'), n))::int as reserved,
    (5 + floor(20 * draw('reorder', n)))::int as reorder_point,
    after_seconds(getvariable('started_at'), draw(now_of('counted'), n) * interval_seconds()) as counted_at,
    is_planted('stock negative', 23, n) as is_negative,
    is_planted('stock unknown product', 67, n) as is_unknown_product,
    is_planted('stock over reserved', 11, n) and not is_negative as is_over_reserved,
    is_planted('stock exact duplicate', 59, n) as has_duplicate
from item cross join place;

create view stock as
with all_rows as (
    select *, 0 as age from stock_true
    union all
    select *, 1 as age from stock_true where has_duplicate
)
select
    warehouse_id,
    case when is_unknown_product then 'X' || substr(product_id, 2) else product_id end as product_id,
    case when is_negative then -1 - on_hand else on_hand end as on_hand,
    case when is_negative then 0 when is_over_reserved then on_hand + 5 else reserved end as reserved,
    reorder_point,
    counted_at
from all_rows order by n, age;

create table planted as
select 'products' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from products),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'untidy_categories': count_if(is_untidy_category),
    'inventory_product_has_cost': count_if(is_missing_cost),
    'inventory_cost_is_below_price': count_if(is_cost_above_price)
}), recursive := true)
from product_true
union all
select 'warehouses', unnest(map_entries(map {
    'keys': count(*), 'rows': count(*)
}), recursive := true)
from place
union all
select 'stock', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from stock),
    'exact_duplicates': count_if(has_duplicate),
    'inventory_stock_is_not_negative': count_if(is_negative),
    'inventory_stock_has_product': count_if(is_unknown_product),
    'inventory_stock_covers_what_is_reserved': count_if(is_over_reserved)
}), recursive := true)
from stock_true;
