-- The interval's bookkeeping: journals and their entries, invoices that were issued, changed or paid, and the accounts.

create table account as
select * from (
    values ('0400', 'Machinery', 'asset'), ('0650', 'Office equipment', 'asset'), ('1200', 'Bank', 'asset'),
        ('1400', 'Trade receivables', 'asset'), ('1576', 'Input tax', 'asset'), ('1600', 'Trade payables', 'liability'),
        ('1740', 'Payroll liabilities', 'liability'), ('1776', 'Sales tax', 'liability'), ('0800', 'Capital', 'equity'),
        ('3200', 'Goods bought', 'expense'), ('4120', 'Salaries', 'expense'), ('4130', 'Social security', 'expense'),
        ('4210', 'Rent', 'expense'), ('4600', 'Advertising', 'expense'), ('4660', 'Travel', 'expense'),
        ('4930', 'Office supplies', 'expense'), ('8400', 'Sales', 'revenue'), ('8405', 'Services', 'revenue')
) as account (account_id, name, kind);

-- What a journal of each kind is made of; `whole` is always what `net` and `tax` are together.
create table posting as
select * from (
    values ('sale', 1, ['1400'], 'debit', 'whole'), ('sale', 2, ['8400', '8400', '8405'], 'credit', 'net'),
        ('sale', 3, ['1776'], 'credit', 'tax'),
        ('purchase', 1, ['3200', '3200', '4210', '4600', '4660', '4930', '0400', '0650'], 'debit', 'net'),
        ('purchase', 2, ['1576'], 'debit', 'tax'), ('purchase', 3, ['1600'], 'credit', 'whole'),
        ('receipt', 1, ['1200'], 'debit', 'whole'), ('receipt', 2, ['1400'], 'credit', 'whole'),
        ('payment', 1, ['1600'], 'debit', 'whole'), ('payment', 2, ['1200'], 'credit', 'whole'),
        ('payroll', 1, ['4120'], 'debit', 'net'), ('payroll', 2, ['4130'], 'debit', 'tax'),
        ('payroll', 3, ['1200'], 'credit', 'net'), ('payroll', 4, ['1740'], 'credit', 'tax')
) as posting (journal_kind, line_number, accounts, side, part);

create table journal_true as
with drawn as (
    select
        i,
        'J' || getvariable('interval_text') || '-' || lpad(i::varchar, 6, '0') as journal_id,
        pick(['sale', 'sale', 'purchase', 'purchase', 'receipt', 'receipt', 'payment', 'payment', 'payroll'],
            now_of('journal kind'), i) as journal_kind,
        pick(['DE', 'DE', 'DE', 'FR', 'AT', 'CH', 'GB', 'US', 'PL'], now_of('journal country'), i) as country,
        (floor(1000 + 900000 * pow(draw(now_of('journal amount'), i), 3)) / 100)::decimal(12, 2) as whole,
        round(whole / 1.19, 2)::decimal(12, 2) as net,
        after_seconds(
            getvariable('started_at'), draw(now_of('journal moment'), i) * (interval_seconds() - slack_seconds())
        ) as posted_at,
        after_seconds(posted_at, slack_seconds() * (0.2 + 0.7 * draw(now_of('journal delay'), i))) as updated_at,
        is_planted(now_of('journal unbalanced'), 83, i) as is_unbalanced,
        is_planted(now_of('journal future'), 97, i) as is_future,
        is_planted(now_of('journal late'), 13, i) and not is_future as is_late
    -- Three journals for four units, with their entries about two rows a unit, as the invoices are.
    from range(1, 1 + greatest(1, getvariable('volume') * 3 // 4)) as numbers(i)
)

select drawn.*, country.currency, country.rate
from drawn
inner join country on drawn.country = country.code;

create table entry_true as
with numbered as (
    select
        journal_true.*,
        posting.line_number,
        posting.accounts,
        posting.side,
        case posting.part when 'whole' then whole when 'net' then net else whole - net end
        + case when is_unbalanced and line_number = 1 then 10 else 0 end as amount,
        row_number() over (order by i, line_number) as n
    from journal_true
    inner join posting on journal_true.journal_kind = posting.journal_kind
),

marked as (
    select
        *,
        journal_id || '-' || line_number as entry_id,
        pick(accounts, now_of('account'), n) as account_id,
        'CC' || (100 + 100 * floor(10 * draw(now_of('cost center'), n))::int) as cost_center,
        is_planted(now_of('entry orphan'), 23, n) as is_orphan,
        -- A debit written as a credit below zero: the journal balances all the same.
        is_planted(now_of('entry negative'), 53, n) as is_negative,
        is_planted(now_of('entry unknown currency'), 61, n) as is_unknown_currency,
        is_planted(now_of('entry untidy currency'), 17, n) and not is_unknown_currency as is_untidy_currency,
        is_planted(now_of('entry blank cost center'), 19, n) as is_blank_cost_center,
        is_planted(now_of('entry exact duplicate'), 41, n) as has_duplicate,
        is_planted(now_of('entry old version'), 37, n) as has_old_version
    from numbered
)

select
    *,
    -- Sent again, whole, by the next interval's extract: only a journal that breaks no rule, so that each defect
    -- counts once.
    is_planted(now_of('journal corrected'), 11, i) and not bool_or(
        is_unbalanced or is_future or is_orphan or is_negative or is_unknown_currency or is_untidy_currency
        or is_blank_cost_center
    ) over (partition by i) as is_corrected
from marked;

create table entry_sent as
select
    n,
    0 as age,
    entry_id,
    journal_id,
    case when is_orphan then 'X' || account_id else account_id end as account_id,
    case
        when is_future then posted_at + interval 45 days
        when is_late then posted_at - interval 1 day
        else posted_at
    end as posted_at,
    case when (side = 'debit') <> is_negative then amount * sign else 0 end::decimal(12, 2) as debit_amount,
    case when (side = 'debit') <> is_negative then 0 else amount * sign end::decimal(12, 2) as credit_amount,
    case
        when is_unknown_currency then 'XXX'
        when is_untidy_currency then ' ' || lower(currency)
        else currency
    end as currency,
    rate as exchange_rate,
    case when is_blank_cost_center then ' ' else cost_center end as cost_center,
    journal_kind || ' ' || i as text,
    updated_at
from (select *, case when is_negative then -1 else 1 end as sign from entry_true) as signed;

create view journal_entries as
with all_rows as (
    select * from entry_sent
    union all by name
    select * replace (1 as age) from entry_sent where n in (select n from entry_true where has_duplicate)
    union all by name
    select * replace (2 as age, 'draft' as text, after_seconds(updated_at, -0.1 * slack_seconds()) as updated_at)
    from entry_sent where n in (select n from entry_true where has_old_version)
    union all by name
    select * replace (
        -1 as age, 'corrected' as text, 'CC900' as cost_center,
        after_seconds(getvariable('started_at'), draw(now_of('entry correction'), n) * interval_seconds()) as updated_at
    )
    from before.entry_sent where n in (select n from before.entry_true where is_corrected)
)
select * exclude (n, age) from all_rows order by n, newest_first_or_last(n, age);

-- Half of them are new, the others were issued before and are paid, or reminded of, now.
create table invoice_true as
with drawn as (
    select
        i,
        'F' || getvariable('interval_text') || '-' || lpad(i::varchar, 6, '0') as invoice_id,
        pick(['receivable', 'receivable', 'payable'], now_of('invoice kind'), i) as kind,
        1 + floor(draw(now_of('invoice customer'), i) * (select count(*) from person))::bigint as customer_number,
        1 + floor(draw(now_of('invoice supplier'), i) * greatest(10, getvariable('size') // 20))::bigint
            as supplier_number,
        pick(['DE', 'DE', 'DE', 'FR', 'AT', 'CH', 'GB', 'US', 'PL'], now_of('invoice country'), i) as country,
        (floor(2000 + 2000000 * pow(draw(now_of('invoice amount'), i), 3)) / 100)::decimal(12, 2) as amount,
        after_seconds(
            getvariable('started_at'), draw(now_of('invoice moment'), i) * (interval_seconds() - slack_seconds())
        ) as updated_at,
        case when i % 2 = 0 then 0 else floor(170 * draw(now_of('invoice age'), i))::int end as age_days,
        updated_at::date - age_days as issued_on,
        issued_on + pick([14, 30, 30, 60], now_of('invoice terms'), i) as due_on,
        case when i % 2 = 0 then 0 else draw(now_of('invoice paid'), i) end as paid,
        is_planted(now_of('invoice negative'), 23, i) as is_negative,
        is_planted(now_of('invoice due before issued'), 53, i) as is_due_before_issued,
        is_planted(now_of('invoice future'), 59, i) as is_future,
        is_planted(now_of('invoice overpaid'), 61, i) and not is_negative as is_overpaid,
        is_planted(now_of('invoice unknown currency'), 67, i) as is_unknown_currency,
        is_planted(now_of('invoice untidy currency'), 17, i) and not is_unknown_currency as is_untidy_currency,
        is_planted(now_of('invoice unknown kind'), 71, i) as is_unknown_kind,
        is_planted(now_of('invoice untidy kind'), 13, i) and not is_unknown_kind as is_untidy_kind,
        is_planted(now_of('invoice unknown customer'), 73, i) and kind = 'receivable' and not is_unknown_kind
            as is_unknown_customer,
        is_planted(now_of('invoice exact duplicate'), 43, i) as has_duplicate,
        is_planted(now_of('invoice old version'), 37, i) as has_old_version,
        is_planted(now_of('invoice corrected'), 29, i)
            and not (is_negative or is_due_before_issued or is_future or is_overpaid or is_unknown_currency
                or is_untidy_currency or is_unknown_kind or is_untidy_kind or is_unknown_customer) as is_corrected
    from range(1, 1 + 2 * getvariable('volume')) as numbers(i)
)

select drawn.*, person.customer_id, country.currency, country.rate
from drawn
inner join person on drawn.customer_number = person.i
inner join country on drawn.country = country.code;

create table invoice_sent as
select
    i,
    0 as age,
    invoice_id,
    case when is_unknown_kind then 'other' when is_untidy_kind then ' ' || upper(kind) else kind end as kind,
    case
        when kind = 'payable' then 'S' || lpad(supplier_number::varchar, 5, '0')
        when is_unknown_customer then 'X' || substr(customer_id, 2)
        else customer_id
    end as party_id,
    case when is_negative then -amount else amount end as amount,
    case
        when is_unknown_currency then 'XXX'
        when is_untidy_currency then ' ' || lower(currency)
        else currency
    end as currency,
    rate as exchange_rate,
    case when is_future then issued_on + age_days + 40 else issued_on end as issued_on,
    case
        when is_future and not is_due_before_issued then due_on + age_days + 40
        when is_due_before_issued then issued_on - 5
        else due_on
    end as due_on,
    case when paid_amount > 0 then updated_at::date end as paid_on,
    paid_amount,
    updated_at
from (
    select
        *,
        -- Four in ten of the old ones are paid, one in ten by half.
        case
            when is_overpaid then amount + 10
            when is_negative or paid < 0.5 then 0
            when paid < 0.6 then round(amount / 2, 2)
            else amount
        end::decimal(12, 2) as paid_amount
    from invoice_true
) as settled;

create view invoices as
with all_rows as (
    select * from invoice_sent
    union all by name
    select * replace (1 as age) from invoice_sent where i in (select i from invoice_true where has_duplicate)
    union all by name
    select * replace (2 as age, null as paid_on, 0 as paid_amount, after_seconds(updated_at, -600) as updated_at)
    from invoice_sent where i in (select i from invoice_true where has_old_version)
    union all by name
    select * replace (
        -1 as age, amount as paid_amount, getvariable('started_at')::date as paid_on,
        after_seconds(getvariable('started_at'), draw(now_of('invoice correction'), i) * interval_seconds())
            as updated_at
    )
    from before.invoice_sent where i in (select i from before.invoice_true where is_corrected)
)
select * exclude (i, age) replace (paid_amount::decimal(12, 2) as paid_amount)
from all_rows order by i, newest_first_or_last(i, age);

create view accounts as
select account_id, name || ' ' as name, kind from account order by account_id;

create table planted as
select 'journal_entries' as entity, unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from journal_entries),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'late_rows': count_if(is_late),
    'corrected_keys': (select count_if(is_corrected) from before.entry_true),
    'untidy_currencies': count_if(is_untidy_currency),
    'finance_journal_balances': count_if(is_unbalanced),
    'finance_journal_is_not_from_the_future': count_if(is_future),
    'finance_entry_has_account': count_if(is_orphan),
    'finance_entry_is_not_negative': count_if(is_negative),
    'finance_entry_currency_is_known': count_if(is_unknown_currency),
    'finance_entry_has_cost_center': count_if(is_blank_cost_center)
}), recursive := true)
from entry_true
union all
select 'invoices', unnest(map_entries(map {
    'keys': count(*),
    'rows': (select count(*) from invoices),
    'exact_duplicates': count_if(has_duplicate),
    'old_versions': count_if(has_old_version),
    'corrected_keys': (select count_if(is_corrected) from before.invoice_true),
    'untidy_currencies': count_if(is_untidy_currency),
    'untidy_kinds': count_if(is_untidy_kind),
    'receivables': count_if(kind = 'receivable' and not is_unknown_kind),
    'corrected_receivables': (select count_if(is_corrected and kind = 'receivable') from before.invoice_true),
    'finance_invoice_is_positive': count_if(is_negative),
    'finance_invoice_is_due_after_issued': count_if(is_due_before_issued),
    'finance_invoice_is_not_from_the_future': count_if(is_future),
    'finance_invoice_is_not_overpaid': count_if(is_overpaid),
    'finance_invoice_currency_is_known': count_if(is_unknown_currency),
    'finance_invoice_kind_is_known': count_if(is_unknown_kind),
    'finance_invoice_has_customer': count_if(is_unknown_customer)
}), recursive := true)
from invoice_true
union all
select 'accounts', unnest(map_entries(map {'keys': count(*), 'rows': count(*)}), recursive := true)
from account;
