/*
 * test_unqualify.c - names of several schemas as names of one.
 */
#include <criterion/criterion.h>

#include "mig/schema.h"

static char        stock[] = "Stock", sales[] = "sales";
static char *const schemas[] = {stock, sales};

static mig_schema        *schema;
static mig_schema_table  *table;
static mig_schema_object *view;

static void
setup(void)
{
    schema = mig_schema_new(MIG_DIALECT_POSTGRES, "Stock, sales");
    mig_schema_add_type(schema, MIG_TYPE_ENUM, "\"Stock_mood\"");
    mig_schema_add_object(schema, MIG_OBJECT_SEQUENCE, "sales_numbers");
    mig_schema_add_object(schema, MIG_OBJECT_ROUTINE, "sales_tax(integer)");
    view = mig_schema_add_object(schema, MIG_OBJECT_VIEW, "sales_open");
    mig_schema_add_table(schema, "Stock_orders");
    mig_schema_add_table(schema, "sales_orders");
    mig_schema_add_table(schema, "sales_sales");
    table = mig_schema_add_table(schema, "sales_customers");
    mig_schema_add_column(schema, table, "c", "text");
}

static void
teardown(void)
{
    mig_schema_free(schema);
}

static const char *
expression(const char *text)
{
    table->columns[0].default_value = text;
    cr_assert(mig_schema_unqualify(schema, schemas, 2));
    return table->columns[0].default_value;
}

static const char *
query(const char *text)
{
    view->query = text;
    cr_assert(mig_schema_unqualify(schema, schemas, 2));
    return view->query;
}

TestSuite(unqualify, .init = setup, .fini = teardown);

Test(unqualify, types_functions_and_sequences_get_their_names)
{
    cr_assert_str_eq(expression("'full'::\"Stock\".mood"), "'full'::\"Stock_mood\"");
    cr_assert_str_eq(expression("sales.tax(1) + 2"), "\"sales_tax\"(1) + 2");
    cr_assert_str_eq(expression("nextval('sales.numbers'::regclass)"),
                     "nextval('\"sales_numbers\"'::regclass)");
}

Test(unqualify, what_only_looks_like_it_stays)
{
    cr_assert_str_eq(expression("'sales.orders'::text"), "'sales.orders'::text");
    cr_assert_str_eq(expression("public.tax(1)"), "public.tax(1)");
    cr_assert_str_eq(expression("sales.unknown(1)"), "sales.unknown(1)");
    cr_assert_str_eq(expression("stock.mood"), "stock.mood");
}

Test(unqualify, a_table_goes_on_to_have_its_bare_name_in_the_query)
{
    cr_assert_str_eq(query(" SELECT orders.id FROM sales.orders"),
                     " SELECT orders.id FROM \"sales_orders\" orders");
    cr_assert_str_eq(query(" SELECT o.id FROM sales.orders o WHERE (o.id = 1)"),
                     " SELECT o.id FROM \"sales_orders\" o WHERE (o.id = 1)");
    cr_assert_str_eq(query(" SELECT 1 FROM ONLY \"Stock\".orders\n WHERE true"),
                     " SELECT 1 FROM ONLY \"Stock_orders\" orders\n WHERE true");
}

Test(unqualify, tables_in_joins_lists_and_queries_inside_are_found)
{
    cr_assert_str_eq(
        query(" SELECT 1 FROM ((sales.orders JOIN sales.customers c ON ((c.id = "
              "orders.id))) LEFT JOIN sales.open USING (id)), \"Stock\".orders s"),
        " SELECT 1 FROM ((\"sales_orders\" orders JOIN \"sales_customers\" c ON ((c.id = "
        "orders.id))) LEFT JOIN \"sales_open\" open USING (id)), \"Stock_orders\" s");
    cr_assert_str_eq(query(" SELECT ( SELECT max(orders.id) FROM sales.orders), c.x FROM "
                           "sales.customers c WHERE (c.id IN ( SELECT o.id FROM sales.open o))"),
                     " SELECT ( SELECT max(orders.id) FROM \"sales_orders\" orders), c.x FROM "
                     "\"sales_customers\" c WHERE (c.id IN ( SELECT o.id FROM \"sales_open\" o))");
}

Test(unqualify, a_column_of_a_table_that_is_called_as_its_schema_stays)
{
    cr_assert_str_eq(query(" SELECT 1, sales.orders, count(sales.orders) FROM sales.sales"
                           " WHERE (sales.orders > 1) GROUP BY 1, sales.orders"),
                     " SELECT 1, sales.orders, count(sales.orders) FROM \"sales_sales\" sales"
                     " WHERE (sales.orders > 1) GROUP BY 1, sales.orders");
    cr_assert_str_eq(
        query(" SELECT (sales.orders IS DISTINCT FROM sales.orders) FROM sales.sales"),
        " SELECT (sales.orders IS DISTINCT FROM sales.orders) FROM \"sales_sales\" sales");
}

Test(unqualify, a_type_in_a_query_gets_its_name)
{
    cr_assert_str_eq(query(" SELECT 'full'::\"Stock\".mood AS mood"),
                     " SELECT 'full'::\"Stock_mood\" AS mood");
}
