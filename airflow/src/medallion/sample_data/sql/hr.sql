-- A snapshot of the personnel system: everybody who works or worked here, as it stands when the interval ends.

create table department as
select
    unnest(['SALES', 'MKT', 'IT', 'FIN', 'HR', 'LOG', 'PROD', 'PURCH', 'LEGAL', 'SUPP']) as department_code,
    unnest(['Sales', 'Marketing', 'Information Technology', 'Finance', 'Human Resources', 'Logistics', 'Production',
        'Purchasing', 'Legal', 'Customer Support']) as name,
    'CC' || unnest(range(100, 1100, 100)) as cost_center;

-- People are hired at a steady pace from 2012 on: size / 2 of them in the first fourteen years.
create table employee_true as
with newest as (
    select
        floor((epoch(getvariable('ended_at')) - epoch(timestamp '2012-02-01')) * getvariable('size') / 883612800) as n
),

hired as (
    select
        i,
        -- The last day of the interval, whose end is the next one's start.
        cast(after_seconds(getvariable('ended_at'), -1) as date) as today,
        least(
            cast(timestamp '2012-01-01' + to_seconds((i * 883612800 // getvariable('size'))::bigint) as date),
            today - 30
        ) as hired_on,
        -- Half of all leave within four years, one in six stays for more than eleven.
        hired_on + 60 + floor(6000 * pow(draw('tenure', i), 2))::int as leaving_on
    from newest, range(1, 1 + greatest(50, newest.n::bigint)) as numbers(i)
)

select
    *,
    'E' || lpad(i::varchar, 6, '0') as employee_id,
    pick(['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Felix', 'Greta', 'Hugo', 'Ida', 'Jonas', 'Karla', 'Liam'],
        'employee first name', i) as first_name,
    pick(['Auer', 'Berger', 'Costa', 'Dubois', 'Eder', 'Fischer', 'Garcia', 'Huber', 'Jansen', 'Kowalski', 'Lang',
        'Moreau', 'Novak', 'Rossi', 'Smith', 'Weber'], 'employee last name', i) as last_name,
    lower(first_name || '.' || last_name) || i || '@company.example' as email,
    pick(['SALES', 'SALES', 'MKT', 'IT', 'IT', 'FIN', 'HR', 'LOG', 'LOG', 'PROD', 'PROD', 'PROD', 'PURCH', 'LEGAL',
        'SUPP', 'SUPP'], 'department', i) as department_code,
    pick(['Assistant', 'Clerk', 'Specialist', 'Specialist', 'Senior Specialist', 'Team Lead', 'Manager'], 'job', i)
        as job_title,
    -- Whoever leads was here before; the first one leads the house.
    case when i > 1 then 'E' || lpad((1 + floor((i - 1) * pow(draw('manager', i), 3)))::bigint::varchar, 6, '0') end
        as manager_id,
    case when leaving_on <= today then leaving_on end as left_on,
    pick(['full_time', 'full_time', 'full_time', 'full_time', 'part_time', 'part_time', 'temporary', 'apprentice'],
        'employment type', i) as employment_type,
    pick(['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'CHF', 'GBP', 'USD', 'PLN'], 'salary currency', i) as currency,
    coalesce(left_on, today) - hired_on as days_worked,
    -- A raise a year: the next snapshot tells another story.
    floor(days_worked / 365)::int as raises,
    (floor(280 + 520 * draw('salary', i)) * 100 * (100 + 3 * raises) / 100)::decimal(12, 2) as salary_amount,
    after_seconds(coalesce(left_on, hired_on + raises * 365)::timestamp, 14400 * draw('entered', i)) as entered_at,
    least(entered_at, getvariable('ended_at') - interval 1 second) as updated_at,
    is_planted('employee blank email', 53, i) as is_blank_email,
    is_planted('employee malformed email', 67, i) and not is_blank_email as is_malformed_email,
    is_planted('employee untidy email', 11, i) and not (is_blank_email or is_malformed_email) as is_untidy_email,
    is_planted('employee unknown department', 23, i) as is_unknown_department,
    is_planted('employee untidy department', 13, i) and not is_unknown_department as is_untidy_department,
    is_planted('employee left before hired', 71, i) as is_left_before_hired,
    is_planted('employee future', 79, i) and not is_left_before_hired as is_future,
    is_planted('employee negative salary', 61, i) as is_negative_salary,
    is_planted('employee unknown manager', 83, i) and i > 1 as is_unknown_manager,
    is_planted('employee unknown currency', 89, i) as is_unknown_currency,
    is_planted('employee unknown type', 97, i) as is_unknown_type,
    is_planted('employee untidy type', 17, i) and not is_unknown_type as is_untidy_type,
    is_planted('employee blank job', 19, i) as is_blank_job,
    is_planted('employee exact duplicate', 47, i) as has_duplicate,
    is_planted('employee old version', 29, i) as has_old_version
from hired;

create table employee_sent as
select
    i,
    0 as age,
    employee_id,
    first_name,
    last_name,
    case
        when is_blank_email then ' '
        when is_malformed_email then replace(email, '@', ' at ')
        when is_untidy_email then ' ' || upper(email)
        else email
    end as email,
    case
        when is_unknown_department then 'X' || department_code
        when is_untidy_department then lower(department_code) || ' '
        else department_code
    end as department_code,
    case when is_blank_job then '' else job_title end as job_title,
    case when is_unknown_manager then 'X' || substr(manager_id, 2) else manager_id end as manager_id,
    case when is_future then updated_at::date + 90 else hired_on end as hired_on,
    case when is_left_before_hired then hired_on - 30 when is_future then null else left_on end as left_on,
    case when is_negative_salary then -salary_amount else salary_amount end as salary_amount,
    case when is_unknown_currency then 'XXX' else currency end as currency,
    case
        when is_unknown_type then 'other'
        when is_untidy_type then upper(replace(employment_type, '_', '-')) || ' '
        else employment_type
    end as employment_type,
    updated_at
from employee_true;

create view employees as
with all_rows as (
    select * from employee_sent
    union all by name
    select * replace (1 as age) from employee_sent where i in (select i from employee_true where has_duplicate)
    union all by name
    select * replace (2 as age, 'Trainee' as job_title, updated_at - interval 60 days as updated_at)
    from employee_sent where i in (select i from employee_true where has_old_version)
)
select * exclude (i, age) from all_rows order by i, newest_first_or_last(i, age);

create view departments as
select department_code, ' ' || name as name, cost_center from department order by cost_center;

create table planted as
select 'employees' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from employees),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'untidy_emails': count_if(is_untidy_email),
    'untidy_departments': count_if(is_untidy_department),
    'untidy_types': count_if(is_untidy_type),
    'without_manager': count_if(manager_id is null),
    'hr_employee_has_email': count_if(is_blank_email),
    'hr_email_is_valid': count_if(is_malformed_email),
    'hr_employee_has_department': count_if(is_unknown_department),
    'hr_employee_left_after_hired': count_if(is_left_before_hired),
    'hr_employee_is_not_from_the_future': count_if(is_future),
    'hr_salary_is_positive': count_if(is_negative_salary),
    'hr_salary_currency_is_known': count_if(is_unknown_currency),
    'hr_employee_has_manager': count_if(is_unknown_manager),
    'hr_employment_type_is_known': count_if(is_unknown_type),
    'hr_employee_has_job_title': count_if(is_blank_job)
}), recursive := true)
from employee_true
union all
select 'departments', unnest(map_entries(map {'keys': count(*), 'rows': count(*)}), recursive := true)
from department;
