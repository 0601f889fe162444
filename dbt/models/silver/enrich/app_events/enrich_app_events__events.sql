with events as (

    select * from {{ nearest_step('app_events', 'events', ['clean', 'normalize']) }}

),

users as (

    select *
    from {{ one_per_key_or_none(
        'user_data', 'users', ['clean', 'normalize'], ['user_id'],
        {'user_id': text_type(), 'plan_code': text_type()},
        ['updated_at', '_interval_start'],
    ) }}

),

enrich_app_events__events as (

    select
        events.*,
        {{ has_joined('user_data', 'users.user_id') }} as has_user,
        users.plan_code as user_plan_code
    from events
    left join users
        on events.user_id = users.user_id

)

select * from enrich_app_events__events
