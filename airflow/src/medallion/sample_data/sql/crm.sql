-- A snapshot of the customer system: every customer as it stands when the interval ends.

create table customer_true as
with dated as (
    select *, floor((epoch(getvariable('ended_at')) - epoch(registered_at)) / 10368000)::int as changes
    from person
)
select
    i,
    customer_id,
    pick(['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Felix', 'Greta', 'Hugo', 'Ida', 'Jonas', 'Karla', 'Liam'],
        'first name', i) as first_name,
    pick(['Auer', 'Berger', 'Costa', 'Dubois', 'Eder', 'Fischer', 'Garcia', 'Huber', 'Jansen', 'Kowalski', 'Lang',
        'Moreau', 'Novak', 'Rossi', 'Smith', 'Weber'], 'last name', i) as last_name,
    lower(first_name || '.' || last_name) || i || pick(['@example.com', '@example.org', '@mail.example'],
        'domain', i) as email,
    '+' || (30 + floor(draw('prefix', i) * 20))::int || ' ' || (100000 + floor(draw('phone', i) * 900000))::int as phone,
    country,
    -- A customer's segment changes about three times a year: the next snapshot tells another story.
    pick(['NEW', 'NEW', 'REGULAR', 'REGULAR', 'LOYAL', 'VIP'], 'segment ' || changes, i) as segment_code,
    pick(['Y', 'Y', 'N'], 'consent', i) as marketing_consent,
    registered_at,
    registered_at + to_seconds(changes::bigint * 10368000) as updated_at,
    changes > 0 and is_planted('customer old version', 41, i) as has_old_version,
    is_planted('customer exact duplicate', 47, i) as has_duplicate,
    is_planted('customer blank email', 79, i) as is_blank_email,
    is_planted('customer malformed email', 61, i) and not is_blank_email as is_malformed_email,
    is_planted('customer untidy email', 13, i) as is_untidy_email,
    is_planted('customer unknown country', 23, i) as is_unknown_country,
    is_planted('customer country name', 7, i) and not is_unknown_country as is_country_name,
    is_planted('customer future registration', 101, i) as is_future,
    is_planted('customer unknown segment', 71, i) as is_unknown_segment,
    is_planted('customer blank phone', 11, i) as is_blank_phone
from dated;

create table customer_sent as
select
    i,
    0 as age,
    customer_id,
    case when is_untidy_email then '  ' || first_name else first_name end as first_name,
    last_name,
    case
        when is_blank_email then case when i % 2 = 0 then '' else '   ' end
        when is_malformed_email then replace(email, '@', '.at.')
        when is_untidy_email then '  ' || upper(left(email, 1)) || substr(email, 2) || ' '
        else email
    end as email,
    case when is_blank_phone then '' else phone end as phone,
    case
        when is_unknown_country then 'Atlantis'
        when is_country_name then upper(country.name)
        when i % 17 = 0 then lower(customer_true.country)
        else customer_true.country
    end as country,
    case when is_unknown_segment then 'GOLD?' else segment_code end as segment_code,
    marketing_consent,
    case when is_future then updated_at + interval 400 days else registered_at end as registered_at,
    updated_at
from customer_true
inner join country on customer_true.country = country.code;

create view customers as
with all_rows as (
    select * from customer_sent
    union all by name
    select * replace (1 as age) from customer_sent where i in (select i from customer_true where has_duplicate)
    union all by name
    select * replace (2 as age, 'NEW' as segment_code, updated_at - interval 60 days as updated_at)
    from customer_sent where i in (select i from customer_true where has_old_version)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create view segments as
select * from (
    values ('NEW', ' new customer', 0.00), ('REGULAR', 'Regular ', 0.00), ('LOYAL', 'Loyal', 3.00), ('VIP', 'VIP', 7.50)
) as segment (segment_code, name, discount_percent);

create table planted as
select 'customers' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from customers),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'untidy_emails': count_if(is_untidy_email and not is_blank_email and not is_malformed_email),
    'country_names': count_if(is_country_name),
    'crm_customer_has_email': count_if(is_blank_email),
    'crm_email_is_valid': count_if(is_malformed_email),
    'crm_country_is_known': count_if(is_unknown_country),
    'crm_customer_is_not_from_the_future': count_if(is_future),
    'crm_customer_has_segment': count_if(is_unknown_segment),
    'crm_customer_has_phone': count_if(is_blank_phone)
}), recursive := true)
from customer_true
union all
values ('segments', 'keys', 4), ('segments', 'rows', 4);
