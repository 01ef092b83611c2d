/*
 * test_print_plan.c - a plan as text.
 */
#include "../../src/migrate/print_plan.h"

#include <criterion/criterion.h>
#include <string.h>

#include "mig/migrate.h"

static mig_table *
add_table(mig_catalog *catalog, const char *name)
{
    mig_table *table = mig_catalog_add_table(catalog, name, MIG_TABLE_PLAIN);

    cr_assert_not_null(table);
    return table;
}

static mig_column *
add_column(mig_table *table, const char *name, const char *type, mig_wire_type wire)
{
    mig_column *column = mig_table_add_column(table, name, type);

    cr_assert_not_null(column);
    column->wire = wire;
    return column;
}

static mig_catalog *
sqlite_catalog(void)
{
    mig_catalog *catalog = mig_catalog_new("main");
    mig_table   *table;

    catalog->dynamic = true;
    table = add_table(catalog, "Users");
    table->rowid_name = "rowid";
    add_column(table, "id", "INTEGER", MIG_WIRE_NONE);
    add_column(table, "Tenant", "", MIG_WIRE_NONE);
    add_column(table, "computed", "TEXT", MIG_WIRE_NONE)->generated = true;
    add_column(table, "total", "INT", MIG_WIRE_NONE);
    table = add_table(catalog, "tenants");
    add_column(table, "name\n", "TEXT", MIG_WIRE_NONE);
    mig_catalog_finish(catalog);
    return catalog;
}

static mig_catalog *
postgres_catalog(void)
{
    mig_catalog *catalog = mig_catalog_new("public");
    mig_table   *table;

    table = add_table(catalog, "tenants");
    add_column(table, "name\n", "text", MIG_WIRE_TEXT);
    table = add_table(catalog, "users");
    add_column(table, "tenant", "uuid", MIG_WIRE_UUID);
    add_column(table, "id", "bigint", MIG_WIRE_INT8);
    add_column(table, "nullable", "text", MIG_WIRE_TEXT);
    add_column(table, "defaulted", "text", MIG_WIRE_TEXT)->has_default = true;
    add_column(table, "total", "bigint", MIG_WIRE_INT8)->generated = true;
    cr_assert_not_null(mig_table_add_foreign_key(table, "", "tenants"));
    cr_assert_not_null(mig_table_add_foreign_key(table, "", "users"));
    mig_catalog_finish(catalog);
    return catalog;
}

static const mig_copy_options options = {
    .n_readers = 2,
    .n_writers = 3,
    .batch_rows = 500,
    .batch_bytes = MIG_BATCH_BYTES,
    .chunk_bytes = MIG_CHUNK_BYTES,
    .chunk_bytes_least = MIG_CHUNK_BYTES_LEAST,
};

static void
expect_print(const mig_catalog *source, const mig_catalog *target, mig_plan_facts *facts,
             const mig_plan_rules *rules, const char *expected)
{
    mig_table_copy tables[2] = {{.n_rows = 1}, {.n_rows = 250000}};
    uint64_t       sizes[2] = {10239, 10485761};
    mig_copy       copy = {.tables = tables};
    mig_plan      *plan = NULL;
    mig_buf        notes = MIG_BUF_INIT, out = MIG_BUF_INIT;
    mig_error      err = MIG_ERROR_INIT;

    cr_assert_eq(mig_plan_make(source, target, rules, &plan, &notes, &err), MIG_OK, "%s",
                 err.detail);
    facts->source_catalog = source;
    facts->copy = &copy;
    facts->sizes = sizes;
    facts->notes = mig_buf_text(&notes);
    mig_plan_print(&out, plan, facts);
    cr_assert_eq(mig_buf_check(&out, &err), MIG_OK);
    cr_expect_str_eq(mig_buf_text(&out), expected, "printed:\n%s", mig_buf_text(&out));
    mig_plan_free(plan);
    mig_buf_fini(&notes);
    mig_buf_fini(&out);
}

Test(print_plan, says_everything_that_is_decided, .timeout = 20)
{
    static const mig_plan_rules rules;
    mig_catalog                *source = sqlite_catalog(), *target = postgres_catalog();
    mig_plan_facts              facts = {
                     .source = "sqlite://a.db",
                     .target = "postgresql:///a",
                     .source_kind = "SQLite",
                     .target_kind = "PostgreSQL",
                     .schema = "existing (asked for)",
                     .options = &options,
    };

    expect_print(source, target, &facts, &rules,
                 "Source   SQLite, sqlite://a.db\n"
                 "Target   PostgreSQL, postgresql:///a\n"
                 "Schema   existing (asked for)\n"
                 "Threads  2 reading, 3 writing\n"
                 "Batches  at most 500 rows and 256 KiB\n"
                 "Chunks   32 MiB, a transaction each; down to 2 MiB towards the end of a table\n"
                 "Tables   2 with 250001 rows, in this order; what the target holds in them is "
                 "erased first\n"
                 "\n1. tenants: 1 row in 10239 bytes, read in the order of the primary key\n"
                 "     name\\x0A  TEXT -> text -> text (encoded by its storage class)\n"
                 "\n2. Users into users: 250000 rows in 11 MiB, read in the order of rowid\n"
                 "     waits for tenants\n"
                 "     refers to itself: all its rows are one transaction\n"
                 "     tenant     (no type) -> uuid -> uuid (encoded by its storage class), from "
                 "Tenant\n"
                 "     id         INTEGER -> bigint -> bigint (encoded by its storage class)\n"
                 "     nullable   not in the source: NULL\n"
                 "     defaulted  not in the source: filled by its default\n"
                 "     total      not copied: computed by the target\n"
                 "     computed   not copied: the target has no such column (the source computes "
                 "it)\n"
                 "\nNotes\n"
                 "  not copied: Users.total (the target computes it)\n");
    mig_catalog_free(source);
    mig_catalog_free(target);
}

Test(print_plan, does_not_pretend_to_know_types_before_the_steps, .timeout = 20)
{
    static const mig_plan_rules rules = {.types_unknown = true};
    static const mig_step       steps[] = {{"m1", ""}, {"m2", ""}};
    mig_copy_options            alone = {.batch_rows = 1, .batch_bytes = 1 << 20};
    mig_catalog                *source = sqlite_catalog(), *target = sqlite_catalog();
    mig_plan_facts              facts = {
                     .source = "a",
                     .target = "b",
                     .source_kind = "SQLite",
                     .target_kind = "PostgreSQL",
                     .schema = "uptrakit",
                     .steps = steps,
                     .n_steps = 2,
                     .types_unknown = true,
                     .options = &alone,
    };

    alone.chunk_bytes = MIG_CHUNK_BYTES;
    expect_print(source, target, &facts, &rules,
                 "Source   SQLite, a\n"
                 "Target   PostgreSQL, b\n"
                 "Schema   uptrakit\n"
                 "         first the target gets these migrations, in one transaction:\n"
                 "           m1\n"
                 "           m2\n"
                 "Threads  reading and writing in turn on one\n"
                 "Batches  at most 1 row and 1024 KiB\n"
                 "Chunks   32 MiB, a transaction each\n"
                 "Tables   2 with 250001 rows, in this order; what the target holds in them is "
                 "erased first\n"
                 "\n1. Users: 1 row in 10239 bytes, read in the order of rowid\n"
                 "     id        INTEGER -> (known when the steps have run)\n"
                 "     Tenant    (no type) -> (known when the steps have run)\n"
                 "     computed  computed by the target, as by the source\n"
                 "     total     INT -> (known when the steps have run)\n"
                 "\n2. tenants: 250000 rows in 11 MiB, read in the order of the primary key\n"
                 "     name\\x0A  TEXT -> (known when the steps have run)\n");
    mig_catalog_free(source);
    mig_catalog_free(target);
}

Test(print_plan, a_mirrored_schema_has_its_decisions, .timeout = 20)
{
    static const uint64_t none[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    mig_catalog          *catalog = mig_catalog_new("main");
    const mig_plan        plan = {.n_tables = 0};
    const mig_copy        copy = {.tables = NULL};
    mig_plan_facts        facts = {.source = "a",
                                   .target = "b",
                                   .source_kind = "SQLite",
                                   .target_kind = "PostgreSQL",
                                   .source_catalog = catalog,
                                   .schema = "mirror",
                                   .copy = &copy,
                                   .sizes = none,
                                   .options = &options,
                                   .decisions = "types\n  column t.a: text\n",
                                   .notes = "a note\n"};
    mig_buf               out = MIG_BUF_INIT;

    mig_plan_print(&out, &plan, &facts);
    cr_expect_not_null(strstr(mig_buf_text(&out),
                              "Tables   0 with 0 rows, in this order; tables of these names in the "
                              "target are replaced\n"
                              "\nDecided for the schema\n"
                              "  types\n"
                              "    column t.a: text\n"
                              "\nNotes\n"
                              "  a note\n"),
                       "%s", mig_buf_text(&out));
    mig_buf_fini(&out);
    mig_catalog_free(catalog);
}

/* A plain table and a partitioned one. */
static mig_catalog *
typed_catalog(void)
{
    mig_catalog *catalog = mig_catalog_new("public");

    add_column(add_table(catalog, "plain"), "id", "bigint", MIG_WIRE_INT8);
    add_column(add_table(catalog, "tree"), "id", "bigint", MIG_WIRE_INT8);
    catalog->tables[1].kind = MIG_TABLE_PARTITIONED;
    mig_catalog_finish(catalog);
    return catalog;
}

Test(print_plan, says_how_the_tables_of_a_server_are_read, .timeout = 20)
{
    mig_catalog         *catalog = typed_catalog();
    const mig_column    *twins[] = {&catalog->tables[0].columns[0], &catalog->tables[1].columns[0]};
    const mig_table_plan tables[] = {
        {.source = &catalog->tables[0], .target = &catalog->tables[0], .twins = &twins[0]},
        {.source = &catalog->tables[1], .target = &catalog->tables[1], .twins = &twins[1]}};
    const mig_plan plan = {.n_tables = 2, .tables = (mig_table_plan[]){tables[0], tables[1]}};
    static const uint64_t    n_rows[] = {5, 200000};
    static const uint64_t    unknown[] = {UINT64_MAX, UINT64_MAX};
    static const char *const expected[] = {
        "\n1. plain: 5 rows, read whole\n     id  not in the source: NULL\n"
        "\n2. tree: 5 rows, read whole\n     id  not in the source: NULL\n",
        "\n1. plain: 200000 rows, read in ranges of ctid, or of its key before server 14\n"
        "     id  not in the source: NULL\n"
        "\n2. tree: 200000 rows, read in ranges of its key if that can be cut, else whole\n"
        "     id  not in the source: NULL\n",
    };

    for (size_t i = 0; i < 2; i++) {
        mig_table_copy counts[2] = {{.n_rows = n_rows[i]}, {.n_rows = n_rows[i]}};
        mig_copy       copy = {.tables = counts};
        mig_plan_facts facts = {.source = "a",
                                .target = "b",
                                .source_kind = "PostgreSQL",
                                .target_kind = "PostgreSQL",
                                .source_catalog = catalog,
                                .schema = "existing",
                                .copy = &copy,
                                .sizes = unknown,
                                .options = &options,
                                .notes = ""};
        mig_buf        out = MIG_BUF_INIT;

        mig_plan_print(&out, &plan, &facts);
        cr_expect_not_null(strstr(mig_buf_text(&out), expected[i]), "%s", mig_buf_text(&out));
        mig_buf_fini(&out);
    }
    mig_catalog_free(catalog);
}

Test(print_plan, conversions_have_names, .timeout = 20)
{
    mig_column      any = {.wire = MIG_WIRE_NONE}, int4 = {.wire = MIG_WIRE_INT4};
    mig_column      int8 = {.wire = MIG_WIRE_INT8};
    mig_column_plan encoded = {.source = &any, .target = &int8, .wire = MIG_WIRE_INT8};
    mig_column_plan decoded = {.source = &int8, .target = &any, .wire = MIG_WIRE_INT8};
    mig_column_plan passed = {.source = &int8,
                              .target = &int8,
                              .wire = MIG_WIRE_INT8,
                              .read = MIG_WIRE_INT8,
                              .limits = MIG_LIMITS_NONE};
    mig_column_plan fitted = {.source = &int8,
                              .target = &int8,
                              .wire = MIG_WIRE_INT8,
                              .read = MIG_WIRE_INT8,
                              .limits = {10, -1, -1}};
    mig_column_plan converted = {
        .source = &int4, .target = &int8, .wire = MIG_WIRE_INT8, .read = MIG_WIRE_INT4};
    mig_column_plan printed = {
        .source = &int4, .target = &int8, .wire = MIG_WIRE_TEXT, .read = MIG_WIRE_LITERAL};
    mig_column_plan opaque = {.source = &any, .target = &any, .wire = MIG_WIRE_OPAQUE};
    mig_column_plan literal = {
        .source = &int4, .target = &int8, .wire = MIG_WIRE_LITERAL, .read = MIG_WIRE_LITERAL};
    mig_column_plan dynamic = {.source = &any, .target = &any, .wire = MIG_WIRE_DYNAMIC};

    cr_expect_str_eq(mig__plan_conversion(&encoded), "encoded by its storage class");
    cr_expect_str_eq(mig__plan_conversion(&decoded), "decoded into a storage class");
    cr_expect_str_eq(mig__plan_conversion(&passed), "as it is");
    cr_expect_str_eq(mig__plan_conversion(&fitted), "as it is where it fits");
    cr_expect_str_eq(mig__plan_conversion(&converted), "converted value by value");
    cr_expect_str_eq(mig__plan_conversion(&printed), "from its text form");
    cr_expect_str_eq(mig__plan_conversion(&dynamic), "as it is");
    cr_expect_str_eq(mig__plan_conversion(&opaque), "as it is");
    cr_expect_str_eq(mig__plan_conversion(&literal), "as text");
}
