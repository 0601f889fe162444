-- A snapshot of the app's users: every one as it stands when the interval ends.
-- Every `every` here is three times a prime: every prime-th row where the client tolerates three times as much.

create table user_true as
with dated as (
    select *, floor((epoch(getvariable('ended_at')) - epoch(registered_at)) / 10368000)::int as changes
    from person
),

drawn as (
    select
        i,
        'U' || substr(customer_id, 2) as user_id,
        'user' || i || pick(['@example.com', '@example.org', '@mail.example'], 'user domain', i) as email,
        country,
        -- A user changes plan about three times a year: the next snapshot tells another story.
        pick(['FREE', 'FREE', 'FREE', 'PLUS', 'PLUS', 'PRO', 'TEAM'], 'plan ' || changes, i) as plan_code,
        1 + floor(30 * pow(draw('seats', i), 4))::int as seat_count,
        registered_at as signed_up_at,
        registered_at + to_seconds(changes::bigint * 10368000) as updated_at,
        changes,
        is_planted('user blank email', 21, i) as is_blank_email,
        is_planted('user malformed email', 69, i) and not is_blank_email as is_malformed_email,
        is_planted('user untidy email', 39, i) and not (is_blank_email or is_malformed_email) as is_untidy_email,
        is_planted('user unknown country', 51, i) as is_unknown_country,
        is_planted('user country name', 33, i) and not is_unknown_country as is_country_name,
        is_planted('user unknown plan', 57, i) as is_unknown_plan,
        is_planted('user seats', 93, i) as is_out_of_range,
        is_planted('user future sign up', 123, i) as is_future
    from dated
)

select
    *,
    -- Only users without a defect are there twice, so that each defect counts once, with and without `clean`.
    not (
        is_blank_email or is_malformed_email or is_untidy_email or is_unknown_country or is_country_name
        or is_unknown_plan or is_out_of_range or is_future
    ) as is_sound,
    is_sound and is_planted('user exact duplicate', 111, i) as has_duplicate,
    is_sound and changes > 0 and not has_duplicate and is_planted('user old version', 87, i) as has_old_version
from drawn;

create table user_sent as
select
    i,
    0 as age,
    user_id,
    case
        when is_blank_email then case when i % 2 = 0 then '' else '   ' end
        when is_malformed_email then replace(email, '@', '.at.')
        when is_untidy_email then '  ' || upper(left(email, 1)) || substr(email, 2) || ' '
        else email
    end as email,
    case
        when is_unknown_country then 'Atlantis'
        when is_country_name then upper(country.name) || ' '
        else user_true.country
    end as country,
    case when is_unknown_plan then 'GOLD?' else plan_code end as plan_code,
    case when is_out_of_range then -seat_count else seat_count end as seat_count,
    case when is_future then updated_at + interval 400 days else signed_up_at end as signed_up_at,
    updated_at
from user_true
inner join country on user_true.country = country.code;

create view users as
with all_rows as (
    select * from user_sent
    union all by name
    select * replace (1 as age) from user_sent where i in (select i from user_true where has_duplicate)
    union all by name
    select * replace (2 as age, 'FREE' as plan_code, updated_at - interval 60 days as updated_at)
    from user_sent where i in (select i from user_true where has_old_version)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create view plans as
select * from (
    values ('FREE', ' free of charge', 0.00), ('PLUS', 'Plus ', 4.90), ('PRO', 'Pro', 14.90), ('TEAM', 'Team', 49.00)
) as plan (plan_code, name, monthly_price);

create table planted as
select 'users' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from users),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'untidy_emails': count_if(is_untidy_email),
    'country_names': count_if(is_country_name),
    'user_data_user_has_email': count_if(is_blank_email),
    'user_data_email_is_valid': count_if(is_malformed_email),
    'user_data_country_is_known': count_if(is_unknown_country),
    'user_data_user_has_plan': count_if(is_unknown_plan),
    'user_data_seats_are_in_range': count_if(is_out_of_range),
    'user_data_user_is_not_from_the_future': count_if(is_future),
    'user_data_user_key_is_unique': 2 * count_if(has_duplicate or has_old_version)
}), recursive := true)
from user_true
union all
values ('plans', 'keys', 4), ('plans', 'rows', 4);
