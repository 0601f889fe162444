with products as (

    select * from {{ nearest_step('adventureworks_production', 'products', ['clean', 'normalize']) }}

),

subcategories as (

    select * from {{ one_per_key('adventureworks_production', 'subcategories', ['clean'], ['subcategory_id']) }}

),

categories as (

    select * from {{ one_per_key('adventureworks_production', 'categories', ['clean'], ['category_id']) }}

),

enrich_adventureworks_production__products as (

    select
        products.*,
        subcategories.subcategory_name,
        categories.category_id,
        categories.category_name
    from products
    left join subcategories
        on products.subcategory_id = subcategories.subcategory_id
    left join categories
        on subcategories.category_id = categories.category_id

)

select * from enrich_adventureworks_production__products
