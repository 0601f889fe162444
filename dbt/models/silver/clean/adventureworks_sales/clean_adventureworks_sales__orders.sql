with orders as (

    select * from {{ nearest_step('adventureworks_sales', 'orders', []) }}

),

ranked as (

    select
        orders.*,
        {{ version_rank(['order_id'], ['_interval_start', 'modified_at']) }} as _version_rank
    from orders

),

clean_adventureworks_sales__orders as (

    select
        -- ids
        order_id,
        customer_id,
        sales_person_id,
        territory_id,
        bill_to_address_id,
        ship_to_address_id,
        ship_method_id,
        credit_card_id,
        currency_rate_id,

        -- text
        {{ clean_text('account_number') }} as account_number,
        {{ clean_text('credit_card_approval_code') }} as credit_card_approval_code,
        {{ clean_text('row_id') }} as row_id,

        -- numbers
        status_code,
        revision_number,

        -- flags
        is_online,

        -- money
        order_value,
        tax_amount,
        freight_amount,
        total_due,

        -- dates
        order_date,
        due_date,
        ship_date,

        -- timestamps
        modified_at,

        -- landing
        _interval_start,
        _run_date
    from ranked
    where _version_rank = 1

)

select * from clean_adventureworks_sales__orders
