-- The interval's visits to the app: what was opened, looked at and bought, event by event.
-- Every `every` here is three times a prime: every prime-th row where the client tolerates three times as much.

create table visit_true as
with drawn as (
    select
        i,
        -- A few users come back all the time.
        1 + floor(pow(draw(now_of('visitor'), i), 2) * (select count(*) from person))::int as visitor,
        after_seconds(getvariable('started_at'), draw(now_of('visit'), i) * (interval_seconds() - slack_seconds()))
            as opened_at,
        draw(now_of('leaves'), i) < 0.1 as leaves_at_once,
        1 + floor(13 * draw(now_of('views'), i))::int as view_count,
        pick([0, 0, 0, 0, 1, 1, 2, 3, 3], now_of('buys'), i) as further_steps
    from range(1, 1 + getvariable('volume')) as numbers(i)
)
select
    drawn.*,
    case when leaves_at_once then 1 else 2 + view_count + further_steps end as event_count,
    -- Purchases are counted through, so that their defects are as evenly spread as others.
    sum((not leaves_at_once and further_steps = 3)::int) over (order by drawn.i) as purchase_number,
    'U' || substr(person.customer_id, 2) as user_id,
    'S' || getvariable('interval_text') || '-' || lpad(drawn.i::varchar, 6, '0') as session_id,
    pick(['ios', 'ios', 'android', 'android', 'web'], 'platform', person.i) as platform,
    pick(['4.2.0', '4.2.1', '4.3.0'], 'app version', person.i) as app_version,
    person.country,
    country.currency
from drawn
inner join person on drawn.visitor = person.i
inner join country on person.country = country.code;

create table event_true as
with numbered as (
    select visit_true.*, position, row_number() over (order by visit_true.i, position) as n
    from visit_true, lateral (select unnest(range(1, 1 + event_count)) as position)
),

named as (
    select
        *,
        case
            when position = 1 then 'app_open'
            when position = 2 then 'sign_in'
            when position <= 2 + view_count then 'view_item'
            when position = 3 + view_count then 'add_to_cart'
            when position = 4 + view_count then 'checkout'
            else 'purchase'
        end as event_name,
        after_seconds(opened_at, slack_seconds() * 0.04 * position) as occurred_at,
        after_seconds(occurred_at, slack_seconds() * 0.1 * draw(now_of('event delay'), n)) as received_at
    from numbered
),

drawn as (
    select
        *,
        is_planted(now_of('event unknown name'), 21, n) as is_unknown_name,
        is_planted(now_of('event future date'), 69, n) as is_future,
        -- A visit without a network is told of as a whole, later.
        is_planted(now_of('visit late'), 93, i) and not is_future as is_late,
        is_planted(now_of('event blank session'), 57, n) as is_blank_session,
        is_planted(now_of('event anonymous'), 15, i) and position = 1 as is_anonymous,
        is_planted(now_of('event unknown user'), 51, n) and not is_anonymous as is_unknown_user,
        is_planted(now_of('event unknown platform'), 93, n) as is_unknown_platform,
        is_planted(now_of('event untidy platform'), 33, n) and not is_unknown_platform as is_untidy_platform,
        is_planted(now_of('event odd version'), 111, n) as is_odd_version,
        event_name = 'purchase' and not is_unknown_name as is_purchase,
        is_purchase and is_planted(now_of('purchase negative'), 51, purchase_number) as is_negative,
        is_purchase and is_planted(now_of('purchase unknown currency'), 57, purchase_number) as is_unknown_currency,
        is_purchase and is_planted(now_of('purchase untidy currency'), 33, purchase_number)
            and not is_unknown_currency as is_untidy_currency
    from named
)

select
    *,
    -- Only events without a defect are sent again, so that each defect counts once, with and without `clean`.
    not (
        is_unknown_name or is_future or is_late or is_blank_session or is_anonymous or is_unknown_user
        or is_unknown_platform or is_untidy_platform or is_odd_version or is_negative or is_unknown_currency
        or is_untidy_currency
    ) as is_sound,
    is_sound and is_planted(now_of('event exact duplicate'), 87, n) as has_duplicate,
    is_sound and not has_duplicate and is_planted(now_of('event corrected'), 123, n) as is_corrected
from drawn;

create table event_sent as
select
    n,
    0 as age,
    'E' || getvariable('interval_text') || '-' || lpad(n::varchar, 8, '0') as event_id,
    case when is_anonymous then '' when is_unknown_user then 'X' || substr(user_id, 2) else user_id end as user_id,
    case when is_blank_session then ' ' else session_id end as session_id,
    case when is_unknown_name then 'tap_' || (n % 7) else event_name end as event_name,
    case
        when is_unknown_platform then 'toaster'
        when is_untidy_platform then upper(platform) || ' '
        else platform
    end as platform,
    case when is_odd_version then 'nightly' else app_version end as app_version,
    country,
    case
        when event_name <> 'purchase' then null
        when is_unknown_currency then 'XXX'
        when is_untidy_currency then ' ' || lower(currency)
        else currency
    end as currency,
    case
        when event_name = 'purchase' then
            (case when is_negative then -1 else 1 end * floor(490 + 9500 * pow(draw(now_of('amount'), n), 2)) / 100)
            ::decimal(10, 2)
    end as amount,
    case
        when position > 2 then 'P' || lpad((1 + floor(draw(now_of('item'), n) * (select count(*) from item)))::int::varchar, 5, '0')
    end as item_id,
    pick(['direct', 'search', 'mail', 'advert'], now_of('referrer'), i) as referrer,
    1 as attempt,
    case
        when is_future then occurred_at + interval 45 days
        when is_late then occurred_at - interval 1 day
        else occurred_at
    end as occurred_at,
    received_at
from event_true;

create view events as
with all_rows as (
    select * from event_sent
    union all by name
    select * replace (1 as age) from event_sent where n in (select n from event_true where has_duplicate)
    union all by name
    select * replace (
        -1 as age,
        2 as attempt,
        after_seconds(getvariable('started_at'), draw(now_of('sent again'), n) * interval_seconds()) as received_at
    )
    from before.event_sent where n in (select n from before.event_true where is_corrected)
)
select * exclude (n, age) replace (
    strftime(occurred_at, '%Y-%m-%dT%H:%M:%S') as occurred_at, strftime(received_at, '%Y-%m-%dT%H:%M:%S') as received_at
) from all_rows order by n, age;

create table planted as
select 'events' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from events),
    'exact_duplicates': count_if(has_duplicate),
    'late_rows': count_if(is_late),
    'corrected_keys': (select count_if(is_corrected) from before.event_true),
    'untidy_platforms': count_if(is_untidy_platform),
    'untidy_currencies': count_if(is_untidy_currency),
    'app_events_event_name_is_known': count_if(is_unknown_name),
    'app_events_event_is_not_from_the_future': count_if(is_future),
    'app_events_event_has_session': count_if(is_blank_session),
    'app_events_event_names_user': count_if(is_anonymous),
    'app_events_event_has_user': count_if(is_unknown_user),
    'app_events_platform_is_known': count_if(is_unknown_platform),
    'app_events_version_is_three_numbers': count_if(is_odd_version),
    'app_events_amount_is_positive': count_if(is_negative),
    'app_events_currency_is_known': count_if(is_unknown_currency),
    'app_events_event_key_is_unique': 2 * count_if(has_duplicate)
}), recursive := true)
from event_true;
