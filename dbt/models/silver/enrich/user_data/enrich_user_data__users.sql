with users as (

    select * from {{ nearest_step('user_data', 'users', ['clean', 'normalize']) }}

),

plans as (

    select * from {{ one_per_key('user_data', 'plans', ['clean'], ['plan_code']) }}

),

enrich_user_data__users as (

    select
        users.*,
        case when plans.plan_code is null then 0 else 1 end as has_plan,
        plans.plan_name,
        plans.monthly_price
    from users
    left join plans
        on users.plan_code = plans.plan_code

)

select * from enrich_user_data__users
