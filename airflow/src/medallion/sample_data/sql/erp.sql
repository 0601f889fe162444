-- Resource planning: materials and suppliers whole, and the interval's sales, purchases and movements of goods.

create macro company_of(country) as case country
    when 'GB' then '2000' when 'US' then '3000' when 'CH' then '4000' when 'PL' then '5000' else '1000' end;

create table material_true as
select
    item.*,
    pick(['EA', 'EA', 'EA', 'KG', 'L', 'M'], 'base unit', i) as base_unit,
    is_planted('material price below zero', 53, i) as is_below_zero,
    is_planted('material unknown unit', 71, i) as is_unknown_unit,
    is_planted('material untidy unit', 13, i) and not is_unknown_unit as is_untidy_unit,
    is_planted('material blank group', 61, i) as is_blank_group,
    is_planted('material exact duplicate', 47, i) as has_duplicate,
    is_planted('material old version', 37, i) as has_old_version
from item;

create table supplier_true as
select
    i,
    'S' || lpad(i::varchar, 5, '0') as supplier,
    pick(['DE', 'DE', 'AT', 'CH', 'FR', 'GB', 'US', 'NL', 'IT', 'PL'], 'supplier country', i) as country,
    is_planted('supplier blank name', 53, i) as is_blank_name,
    is_planted('supplier unknown country', 59, i) as is_unknown_country,
    is_planted('supplier untidy country', 11, i) and not is_unknown_country as is_untidy_country,
    is_planted('supplier strange terms', 67, i) as is_strange_terms,
    is_planted('supplier exact duplicate', 47, i) as has_duplicate,
    is_planted('supplier old version', 37, i) as has_old_version
from range(1, 1 + greatest(100, getvariable('size') // 20)) as numbers(i);

create table sales_order_true as
with drawn as (
    select
        i,
        1 + floor(pow(draw(now_of('erp buyer'), i), 2) * (select count(*) from person))::bigint as buyer,
        after_seconds(getvariable('started_at'), draw(now_of('erp moment'), i) * (interval_seconds() - slack_seconds()))
            as ordered_at,
        is_planted(now_of('sales order unknown customer'), 61, i) as is_unknown_customer,
        is_planted(now_of('sales order unknown currency'), 79, i) as is_unknown_currency,
        is_planted(now_of('sales order untidy currency'), 17, i) and not is_unknown_currency as is_untidy_currency,
        is_planted(now_of('sales order unknown company'), 67, i) as is_unknown_company,
        is_planted(now_of('sales order unknown status'), 83, i) as is_unknown_status,
        is_planted(now_of('sales order future date'), 71, i) as is_future,
        is_planted(now_of('sales order late'), 31, i) and not is_future as is_late,
        is_planted(now_of('sales order exact duplicate'), 47, i) as has_duplicate,
        is_planted(now_of('sales order old version'), 13, i) as has_old_version,
        is_planted(now_of('sales order corrected'), 29, i) and not (
            is_unknown_customer or is_unknown_currency or is_untidy_currency or is_unknown_company
            or is_unknown_status or is_future
        ) as is_corrected
    from range(1, 1 + greatest(1, getvariable('volume') * 7 // 10)) as numbers(i)
)
select
    drawn.*,
    'SO' || getvariable('interval_text') || '-' || lpad(drawn.i::varchar, 6, '0') as sales_order,
    person.customer_id,
    company_of(person.country) as company_code,
    country.currency,
    country.rate,
    after_seconds(ordered_at, slack_seconds() * (0.2 + 0.7 * draw(now_of('erp delay'), drawn.i))) as changed_at
from drawn
inner join person on drawn.buyer = person.i
inner join country on person.country = country.code;

create table sales_order_sent as
select
    i,
    0 as age,
    sales_order,
    case when is_unknown_company then '9999' else company_code end as company_code,
    case when is_unknown_customer then 'X' || substr(customer_id, 2) else customer_id end as sold_to,
    case
        when is_unknown_status then '?'
        else pick(['OPEN', 'SHIP', 'SHIP', 'INVD', 'INVD', 'INVD', 'CANC'], now_of('erp status'), i)
    end as status,
    case when is_unknown_currency then 'XXX' when is_untidy_currency then ' ' || lower(currency) else currency end as currency,
    rate as exchange_rate,
    case
        when is_future then ordered_at + interval 45 days
        when is_late then ordered_at - interval 1 day
        else ordered_at
    end as ordered_at,
    changed_at
from sales_order_true;

create table purchase_order_true as
with drawn as (
    select
        i,
        1 + floor(pow(draw(now_of('seller'), i), 1.5) * (select count(*) from supplier_true))::bigint as seller,
        1 + floor(pow(draw(now_of('purchased'), i), 1.5) * (select count(*) from item))::bigint as material_number,
        after_seconds(getvariable('started_at'), draw(now_of('purchase moment'), i) * (interval_seconds() - slack_seconds()))
            as moment,
        draw(now_of('purchase delivered'), i) < 0.4 as came,
        pick([-3, -2, -1, 0, 0, 0, 0, 0, 2, 5], now_of('purchase delay'), i) as delay_days,
        (7 + floor(24 * draw(now_of('purchase lead'), i)))::int as lead_days,
        is_planted(now_of('purchase blank supplier'), 23, i) as is_blank_supplier,
        is_planted(now_of('purchase unknown supplier'), 61, i) and not is_blank_supplier as is_unknown_supplier,
        is_planted(now_of('purchase unknown material'), 73, i) as is_unknown_material,
        is_planted(now_of('purchase negative'), 53, i) as is_negative,
        is_planted(now_of('purchase price below zero'), 59, i) as is_below_zero,
        is_planted(now_of('purchase unknown currency'), 79, i) as is_unknown_currency,
        is_planted(now_of('purchase untidy currency'), 19, i) and not is_unknown_currency as is_untidy_currency,
        is_planted(now_of('purchase future date'), 71, i) as is_future,
        is_planted(now_of('purchase early delivery'), 67, i) and not is_future as is_early,
        is_planted(now_of('purchase late'), 31, i) and not is_future as is_late,
        is_planted(now_of('purchase exact duplicate'), 47, i) as has_duplicate,
        is_planted(now_of('purchase old version'), 13, i) as has_old_version,
        is_planted(now_of('purchase corrected'), 11, i) and not (
            came or is_blank_supplier or is_unknown_supplier or is_unknown_material or is_negative or is_below_zero
            or is_unknown_currency or is_untidy_currency or is_future or is_early
        ) as is_corrected
    from range(1, 1 + greatest(1, getvariable('volume') // 2)) as numbers(i)
)
select
    drawn.*,
    'PO' || getvariable('interval_text') || '-' || lpad(drawn.i::varchar, 6, '0') as purchase_order,
    supplier_true.supplier,
    company_of(supplier_true.country) as company_code,
    country.currency,
    country.rate,
    material_true.product_id as material,
    material_true.base_unit as unit,
    (20 + floor(180 * draw(now_of('purchase quantity'), drawn.i)))::int as quantity,
    round(material_true.list_price * material_true.cost_share * (0.9 + 0.2 * draw(now_of('purchase price'), drawn.i))
        / country.rate, 2)::decimal(10, 2) as net_price,
    after_seconds(moment, slack_seconds() * (0.2 + 0.7 * draw(now_of('purchase change'), drawn.i))) as changed_at
from drawn
inner join supplier_true on drawn.seller = supplier_true.i
inner join country on supplier_true.country = country.code
inner join material_true on drawn.material_number = material_true.i;

-- What came in this interval was ordered weeks ago; what was ordered in it is still to come.
create table purchase_order_sent as
select
    i,
    0 as age,
    purchase_order,
    company_code,
    case when is_blank_supplier then ' ' when is_unknown_supplier then 'X' || substr(supplier, 2) else supplier end as supplier,
    case when is_unknown_material then 'X' || substr(material, 2) else material end as material,
    case when is_negative then -quantity else quantity end as quantity,
    unit,
    case when is_below_zero then -net_price else net_price end as net_price,
    case when is_unknown_currency then 'XXX' when is_untidy_currency then ' ' || lower(currency) else currency end as currency,
    rate as exchange_rate,
    case
        when is_future then moment + interval 45 days
        when came and not is_early then moment - to_days(lead_days + delay_days)
        when is_late then moment - interval 1 day
        else moment
    end as ordered_at,
    (case when came and not (is_early or is_future) then moment - to_days(delay_days) else moment + to_days(lead_days) end)::date
        as due_on,
    (case when is_early then moment - interval 3 days when came and not is_future then moment end)::date as delivered_on,
    changed_at
from purchase_order_true;

-- now: what stands above is enough of the interval before.

create table material_sent as
select
    i,
    0 as age,
    product_id as material,
    category || ' material ' || i as description,
    case when is_blank_group then ' ' else upper(left(category, 4)) end as material_group,
    case when is_unknown_unit then 'XX' when is_untidy_unit then ' ' || lower(base_unit) else base_unit end as base_unit,
    (list_price * cost_share * case when is_below_zero then -1 else 1 end)::decimal(10, 2) as standard_price,
    list_price,
    (10 + floor(40 * draw('safety stock', i)))::int as safety_stock,
    timestamp '2015-01-01 08:00:00' + to_days((i % 365)::int) as changed_at
from material_true;

create view materials as
with all_rows as (
    select * from material_sent
    union all by name
    select * replace (1 as age) from material_sent where i in (select i from material_true where has_duplicate)
    union all by name
    select * replace (2 as age, (list_price * 2)::decimal(10, 2) as list_price, changed_at - interval 30 days as changed_at)
    from material_sent where i in (select i from material_true where has_old_version)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create table supplier_sent as
select
    i,
    0 as age,
    supplier,
    case
        when is_blank_name then ' '
        else pick(['Northern ', 'Alpine ', 'United ', 'Royal ', 'First '], 'supplier name', i)
            || pick(['Metals ', 'Timber ', 'Textiles ', 'Plastics ', 'Tools '], 'supplier trade', i) || i
    end as name,
    case when is_unknown_country then 'ZZ' when is_untidy_country then ' ' || lower(country) else country end as country,
    case when is_strange_terms then 999 else pick([14, 30, 30, 60], 'supplier terms', i) end as payment_terms,
    timestamp '2015-01-01 08:00:00' + to_days((i % 365)::int) as changed_at
from supplier_true;

create view suppliers as
with all_rows as (
    select * from supplier_sent
    union all by name
    select * replace (1 as age) from supplier_sent where i in (select i from supplier_true where has_duplicate)
    union all by name
    select * replace (2 as age, 7 as payment_terms, changed_at - interval 30 days as changed_at)
    from supplier_sent where i in (select i from supplier_true where has_old_version)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create view sales_orders as
with all_rows as (
    select * from sales_order_sent
    union all by name
    select * replace (1 as age) from sales_order_sent where i in (select i from sales_order_true where has_duplicate)
    union all by name
    select * replace (2 as age, 'NEW' as status, after_seconds(changed_at, -0.1 * slack_seconds()) as changed_at)
    from sales_order_sent where i in (select i from sales_order_true where has_old_version)
    union all by name
    select * replace (
        -1 as age, 'PAID' as status,
        after_seconds(getvariable('started_at'), draw(now_of('erp correction'), i) * interval_seconds()) as changed_at
    )
    from before.sales_order_sent where i in (select i from before.sales_order_true where is_corrected)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create table sales_line_true as
with counted as (
    select i, sales_order, rate, changed_at, 1 + floor(4 * pow(draw(now_of('erp lines'), i), 2))::int as line_count
    from sales_order_true
),

numbered as (
    select counted.*, item_number * 10 as item, row_number() over (order by counted.i, item_number) as n
    from counted, lateral (select unnest(range(1, 1 + line_count)) as item_number)
),

-- A column of its own: joined by the bare expression, every line would meet every material.
bought as (
    select
        numbered.*,
        1 + floor(pow(draw(now_of('erp material'), n), 1.5) * (select count(*) from item))::bigint as material_number
    from numbered
)
select
    bought.* exclude (material_number, line_count, rate),
    material_true.product_id as material,
    material_true.base_unit,
    1 + floor(50 * pow(draw(now_of('erp quantity'), n), 3))::int as quantity,
    round(material_true.list_price / bought.rate, 2)::decimal(10, 2) as net_price,
    is_planted(now_of('sales line orphan'), 23, n) as is_orphan,
    is_planted(now_of('sales line unknown material'), 73, n) as is_unknown_material,
    is_planted(now_of('sales line negative'), 53, n) as is_negative,
    is_planted(now_of('sales line price below zero'), 89, n) as is_below_zero,
    is_planted(now_of('sales line unknown unit'), 97, n) as is_unknown_unit,
    is_planted(now_of('sales line untidy unit'), 13, n) and not is_unknown_unit as is_untidy_unit,
    is_planted(now_of('sales line exact duplicate'), 41, n) as has_duplicate
from bought
inner join material_true on bought.material_number = material_true.i;

create view sales_order_lines as
with all_rows as (
    select *, 0 as age from sales_line_true
    union all
    select *, 1 as age from sales_line_true where has_duplicate
)
select
    case when is_orphan then 'X' || substr(sales_order, 2) else sales_order end as sales_order,
    item,
    case when is_unknown_material then 'X' || substr(material, 2) else material end as material,
    case when is_negative then -quantity else quantity end as quantity,
    case when is_unknown_unit then 'XX' when is_untidy_unit then ' ' || lower(base_unit) else base_unit end as unit,
    case when is_below_zero then -net_price else net_price end as net_price,
    changed_at
from all_rows order by n, age;

create view purchase_orders as
with all_rows as (
    select * from purchase_order_sent
    union all by name
    select * replace (1 as age) from purchase_order_sent where i in (select i from purchase_order_true where has_duplicate)
    union all by name
    select * replace (2 as age, quantity + 1 as quantity, after_seconds(changed_at, -0.1 * slack_seconds()) as changed_at)
    from purchase_order_sent where i in (select i from purchase_order_true where has_old_version)
    union all by name
    select * replace (
        -1 as age, getvariable('started_at')::date as delivered_on,
        after_seconds(getvariable('started_at'), draw(now_of('purchase correction'), i) * interval_seconds()) as changed_at
    )
    from before.purchase_order_sent where i in (select i from before.purchase_order_true where is_corrected)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create table movement_true as
with drawn as (
    select
        i,
        1 + floor(pow(draw(now_of('moved'), i), 1.5) * (select count(*) from item))::bigint as material_number,
        1 + floor(draw(now_of('plant'), i) * (select count(*) from place))::bigint as place_number,
        pick(['601', '601', '601', '601', '601', '601', '201', '702', '651', '101', '101', '101'], now_of('movement'), i)
            as movement_type,
        after_seconds(getvariable('started_at'), draw(now_of('posted'), i) * (interval_seconds() - slack_seconds()))
            as posted_at,
        is_planted(now_of('movement unknown type'), 61, i) as is_unknown_type,
        is_planted(now_of('movement blank plant'), 67, i) as is_blank_plant,
        is_planted(now_of('movement unknown material'), 73, i) as is_unknown_material,
        is_planted(now_of('movement negative'), 53, i) as is_negative,
        is_planted(now_of('movement untidy unit'), 17, i) as is_untidy_unit,
        is_planted(now_of('movement future date'), 71, i) as is_future,
        is_planted(now_of('movement late'), 31, i) and not is_future as is_late,
        is_planted(now_of('movement exact duplicate'), 43, i) as has_duplicate
    from range(1, 1 + greatest(1, getvariable('volume') * 7 // 5)) as numbers(i)
)
select
    drawn.*,
    'MV' || getvariable('interval_text') || '-' || lpad(drawn.i::varchar, 6, '0') as movement,
    place.warehouse_id as plant,
    material_true.product_id as material,
    material_true.base_unit,
    case when movement_type = '101' then 5 + floor(30 * draw(now_of('received'), drawn.i))
        else 1 + floor(12 * pow(draw(now_of('issued'), drawn.i), 2)) end::int as quantity,
    after_seconds(posted_at, slack_seconds() * 0.1) as changed_at
from drawn
inner join material_true on drawn.material_number = material_true.i
inner join place on drawn.place_number = place.i;

create view stock_movements as
with all_rows as (
    select *, 0 as age from movement_true
    union all
    select *, 1 as age from movement_true where has_duplicate
)
select
    movement,
    case when is_unknown_type then '999' else movement_type end as movement_type,
    case when is_blank_plant then ' ' else plant end as plant,
    case when is_unknown_material then 'X' || substr(material, 2) else material end as material,
    case when is_negative then -quantity else quantity end as quantity,
    case when is_untidy_unit then ' ' || lower(base_unit) else base_unit end as unit,
    case
        when is_future then posted_at + interval 45 days
        when is_late then posted_at - interval 1 day
        else posted_at
    end as posted_at,
    changed_at
from all_rows order by i, age;

create table planted as
select 'materials' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from materials),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'untidy_units': count_if(is_untidy_unit),
    'erp_material_price_is_positive': count_if(is_below_zero),
    'erp_material_unit_is_known': count_if(is_unknown_unit),
    'erp_material_has_group': count_if(is_blank_group)
}), recursive := true)
from material_true
union all
select 'suppliers', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from suppliers),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'untidy_countries': count_if(is_untidy_country),
    'erp_supplier_has_name': count_if(is_blank_name),
    'erp_supplier_country_is_known': count_if(is_unknown_country),
    'erp_supplier_terms_are_in_range': count_if(is_strange_terms)
}), recursive := true)
from supplier_true
union all
select 'sales_orders', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from sales_orders),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'late_rows': count_if(is_late),
    'corrected_keys': (select count_if(is_corrected) from before.sales_order_true),
    'untidy_currencies': count_if(is_untidy_currency),
    'erp_order_has_customer': count_if(is_unknown_customer),
    'erp_order_currency_is_known': count_if(is_unknown_currency),
    'erp_order_company_is_known': count_if(is_unknown_company),
    'erp_order_status_is_known': count_if(is_unknown_status),
    'erp_order_is_not_from_the_future': count_if(is_future)
}), recursive := true)
from sales_order_true
union all
select 'sales_order_lines', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from sales_order_lines),
    'exact_duplicates': count_if(has_duplicate),
    'untidy_units': count_if(is_untidy_unit),
    'erp_line_has_order': count_if(is_orphan),
    'erp_line_has_material': count_if(is_unknown_material),
    'erp_line_quantity_is_positive': count_if(is_negative),
    'erp_line_price_is_positive': count_if(is_below_zero),
    'erp_line_unit_is_known': count_if(is_unknown_unit)
}), recursive := true)
from sales_line_true
union all
select 'purchase_orders', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from purchase_orders),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'late_rows': count_if(is_late),
    'corrected_keys': (select count_if(is_corrected) from before.purchase_order_true),
    'untidy_currencies': count_if(is_untidy_currency),
    'erp_purchase_names_supplier': count_if(is_blank_supplier),
    'erp_purchase_has_supplier': count_if(is_unknown_supplier),
    'erp_purchase_has_material': count_if(is_unknown_material),
    'erp_purchase_quantity_is_positive': count_if(is_negative),
    'erp_purchase_price_is_positive': count_if(is_below_zero),
    'erp_purchase_currency_is_known': count_if(is_unknown_currency),
    'erp_purchase_is_not_from_the_future': count_if(is_future),
    'erp_purchase_comes_after_its_order': count_if(is_early)
}), recursive := true)
from purchase_order_true
union all
select 'stock_movements', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from stock_movements),
    'exact_duplicates': count_if(has_duplicate),
    'late_rows': count_if(is_late),
    'untidy_units': count_if(is_untidy_unit),
    'erp_movement_has_material': count_if(is_unknown_material),
    'erp_movement_names_plant': count_if(is_blank_plant),
    'erp_movement_type_is_known': count_if(is_unknown_type),
    'erp_movement_quantity_is_positive': count_if(is_negative),
    'erp_movement_is_not_from_the_future': count_if(is_future)
}), recursive := true)
from movement_true;
