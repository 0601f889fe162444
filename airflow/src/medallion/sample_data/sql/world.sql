-- What the sources have in common: who buys, what is sold and where it lies. True rows, before any defect.

create table country as
select unnest(['DE', 'AT', 'CH', 'FR', 'GB', 'US', 'NL', 'IT', 'ES', 'PL']) as code,
    unnest(['Germany', 'Austria', 'Switzerland', 'France', 'United Kingdom', 'United States', 'Netherlands',
        'Italy', 'Spain', 'Poland']) as name,
    unnest(['EUR', 'EUR', 'CHF', 'EUR', 'GBP', 'USD', 'EUR', 'EUR', 'EUR', 'PLN']) as currency,
    unnest([1.0, 1.0, 1.04, 1.0, 1.17, 0.92, 1.0, 1.0, 1.0, 0.23])::decimal(9, 4) as rate;

-- Customers join at a steady pace from 2015 on; an interval long past finds a small old clientele.
create table person as
with newest as (
    select floor((epoch(getvariable('ended_at')) - epoch(timestamp '2015-02-01')) * getvariable('size') / 315360000) as n
)
select
    i,
    'C' || lpad(i::varchar, 7, '0') as customer_id,
    pick(['DE', 'DE', 'DE', 'AT', 'CH', 'FR', 'FR', 'GB', 'US', 'NL', 'IT', 'ES', 'PL'], 'country', i) as country,
    least(
        timestamp '2015-01-01' + to_seconds((i * 315360000 // getvariable('size'))::bigint),
        getvariable('ended_at') - interval 30 days
    ) as registered_at
from newest, range(1, 1 + greatest(50, newest.n::bigint)) as numbers(i);

create table item as
select
    i,
    'P' || lpad(i::varchar, 5, '0') as product_id,
    pick(['Home', 'Garden', 'Sports', 'Toys', 'Electronics', 'Kitchen', 'Office', 'Outdoor'], 'category', i) as category,
    (floor(500 + draw('price', i) * draw('price range', i) * 30000) / 100)::decimal(10, 2) as list_price,
    (0.45 + 0.3 * draw('cost', i))::decimal(4, 2) as cost_share
from range(1, 1 + greatest(40, getvariable('size') // 5)) as numbers(i);

create table place as
select i, 'W' || i as warehouse_id, city, country
from (
    select unnest(range(1, 6)) as i,
        unnest(['Leipzig', 'Linz', 'Lyon', 'Leeds', 'Louisville']) as city,
        unnest(['DE', 'AT', 'FR', 'GB', 'US']) as country
);
