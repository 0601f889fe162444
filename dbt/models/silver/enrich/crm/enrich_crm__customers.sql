with customers as (

    select * from {{ nearest_step('crm', 'customers', ['clean', 'normalize']) }}

),

segments as (

    select * from {{ one_per_key('crm', 'segments', ['clean'], ['segment_code']) }}

),

enrich_crm__customers as (

    select
        customers.*,
        case when segments.segment_code is null then 0 else 1 end as has_segment,
        segments.segment_name,
        segments.discount_percent as segment_discount_percent
    from customers
    left join segments
        on customers.segment_code = segments.segment_code

)

select * from enrich_crm__customers
