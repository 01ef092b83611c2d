/*
 * test_postgres_catalog.c - the target's catalog, and lookups.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "testpg.h"

TestSuite(postgres_catalog, .init = testpg_init, .fini = testpg_fini, .timeout = 60);

static const mig_table *
table(const char *name)
{
    const mig_table *found = mig_catalog_find(testpg_db.catalog, name);

    cr_assert(found != NULL, "no table %s", name);
    return found;
}

Test(postgres_catalog, columns_have_their_properties)
{
    const mig_table *t;

    testpg_run("CREATE TABLE t (a integer, gone integer, b integer NOT NULL DEFAULT 7,"
               " c bigint GENERATED ALWAYS AS IDENTITY,"
               " d integer GENERATED ALWAYS AS (a + 1) STORED, PRIMARY KEY (b, a));"
               "ALTER TABLE t DROP COLUMN gone");

    testpg_open(testpg_db.conninfo);

    t = table("t");
    cr_assert_eq(t->n_columns, 4);
    cr_assert_eq(mig_table_find(t, "a")->pk_position, 2);
    cr_assert_eq(mig_table_find(t, "b")->pk_position, 1);
    cr_assert_eq(mig_table_find(t, "c")->pk_position, 0);
    cr_assert(mig_table_find(t, "b")->not_null);
    cr_assert(!mig_table_find(t, "d")->not_null);
    cr_assert(mig_table_find(t, "b")->has_default);
    cr_assert(mig_table_find(t, "c")->has_default);
    cr_assert(!mig_table_find(t, "a")->has_default);
    cr_assert(mig_table_find(t, "d")->generated);
    cr_assert(!mig_table_find(t, "d")->has_default);
    cr_assert(!mig_table_find(t, "b")->generated);
}

Test(postgres_catalog, partitions_are_not_tables_of_their_own)
{
    const mig_table *child;

    testpg_run("CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id);"
               "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
               "CREATE TABLE child (id integer REFERENCES p1, other integer REFERENCES p);"
               "CREATE TABLE z (id integer); CREATE VIEW v AS SELECT * FROM z;"
               "CREATE MATERIALIZED VIEW m AS SELECT * FROM z");

    testpg_open(testpg_db.conninfo);

    cr_assert_eq(table("p")->kind, MIG_TABLE_PARTITIONED);
    cr_assert(mig_catalog_find(testpg_db.catalog, "p1") == NULL);
    cr_assert_eq(table("z")->kind, MIG_TABLE_PLAIN);
    cr_assert_eq(table("v")->kind, MIG_TABLE_VIEW);
    cr_assert_eq(table("m")->kind, MIG_TABLE_VIEW);
    child = table("child");
    cr_assert_eq(child->n_foreign_keys, 2);
    cr_assert_str_eq(child->foreign_keys[0].parent, "p");
    cr_assert_str_eq(child->foreign_keys[1].parent, "p");
    cr_assert(child->foreign_keys[0].parent_known);
    cr_assert_eq(mig_table_find(table("z"), "id")->wire, MIG_WIRE_INT4);
}

Test(postgres_catalog, foreign_keys_have_their_columns_in_order)
{
    const mig_foreign_key *keys;

    testpg_run("CREATE TABLE p (gone integer, a integer, b integer, PRIMARY KEY (b, a));"
               "ALTER TABLE p DROP COLUMN gone; CREATE TABLE child (y integer, x integer,"
               " CONSTRAINT k1 FOREIGN KEY (x, y) REFERENCES p);"
               "ALTER TABLE child ADD CONSTRAINT k2 FOREIGN KEY (y, x) REFERENCES p NOT VALID");

    testpg_open(testpg_db.conninfo);

    cr_assert_eq(table("child")->n_foreign_keys, 2);
    keys = table("child")->foreign_keys;
    cr_assert_eq(keys[0].n_columns, 2);
    cr_assert_str_eq(keys[0].columns[0], "x");
    cr_assert_str_eq(keys[0].parent_columns[0], "b");
    cr_assert_str_eq(keys[0].columns[1], "y");
    cr_assert_str_eq(keys[0].parent_columns[1], "a");
    cr_assert(keys[0].validated);
    cr_assert_str_eq(keys[1].columns[0], "y");
    cr_assert_not(keys[1].validated);
}

Test(postgres_catalog, a_parent_in_another_schema_is_named_with_it)
{
    testpg_run("CREATE SCHEMA other; CREATE TABLE other.hosts (id integer PRIMARY KEY);"
               "CREATE TABLE hosts (id integer PRIMARY KEY);"
               "CREATE TABLE child (a integer CONSTRAINT k1 REFERENCES other.hosts,"
               " b integer CONSTRAINT k2 REFERENCES hosts)");

    testpg_open(testpg_db.conninfo);

    cr_assert_str_eq(table("child")->foreign_keys[0].parent, "other.hosts");
    cr_assert(!table("child")->foreign_keys[0].parent_known);
    cr_assert_str_eq(table("child")->foreign_keys[1].parent, "hosts");
    cr_assert(table("child")->foreign_keys[1].parent_known);
}

typedef struct seen {
    size_t n_rows;
    size_t limit;
    size_t blob_len;
    bool   null_seen;
} seen;

static bool
see(void *arg, const char *const *texts, const size_t *lens)
{
    seen *s = arg;

    s->n_rows++;
    s->null_seen = s->null_seen || texts[1] == NULL;
    if (texts[0] != NULL && lens[0] == 3 && memcmp(texts[0], "\0\xff'", 3) == 0)
        s->blob_len = lens[0];
    return s->n_rows < s->limit;
}

Test(postgres_catalog, lookup_gives_texts_nulls_and_blobs)
{
    const char *columns[2] = {"Blob", "n\"ull"};
    seen        s = {.limit = 10};

    testpg_run("CREATE TABLE \"Odd \"\"select\"\" \xc3\xa4\" (\"Blob\" bytea, \"n\"\"ull\" text);"
               "INSERT INTO \"Odd \"\"select\"\" \xc3\xa4\" VALUES ('\\x00ff27', NULL)");
    testpg_open(testpg_db.conninfo);

    testpg_status(testpg_db.sink->ops->lookup(testpg_db.sink, table("Odd \"select\" \xc3\xa4"),
                                              columns, 2, see, &s, &testpg_db.err),
                  MIG_OK);

    cr_assert_eq(s.n_rows, 1);
    cr_assert_eq(s.blob_len, 3);
    cr_assert(s.null_seen);
}

Test(postgres_catalog, lookup_ends_when_told_and_reads_on_over_its_pages)
{
    const char *columns[2] = {"a", "b"};
    seen        few = {.limit = 3}, all = {.limit = 100000};
    uint64_t    n = 0;

    testpg_run("CREATE TABLE t AS SELECT i AS a, i::text AS b FROM generate_series(1, 2500) i");
    testpg_open(testpg_db.conninfo);

    testpg_status(testpg_db.sink->ops->lookup(testpg_db.sink, table("t"), columns, 2, see, &few,
                                              &testpg_db.err),
                  MIG_OK);
    testpg_status(testpg_db.sink->ops->lookup(testpg_db.sink, table("t"), columns, 2, see, &all,
                                              &testpg_db.err),
                  MIG_OK);
    testpg_status(testpg_db.sink->ops->count(testpg_db.sink, table("t"), &n, &testpg_db.err),
                  MIG_OK);

    cr_assert_eq(few.n_rows, 3);
    cr_assert_eq(all.n_rows, 2500);
    cr_assert_eq(n, 2500);
}

Test(postgres_catalog, tables_are_asked_for_rows_many_at_a_time)
{
    enum { N = 450 };
    const mig_table *tables[N];
    bool             holds_rows[N];

    testpg_run("CREATE TABLE filled (a integer); INSERT INTO filled VALUES (NULL);"
               "CREATE TABLE empty (a integer);"
               "CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES;"
               "CREATE TABLE p (id integer) PARTITION BY RANGE (id);"
               "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
               "INSERT INTO p VALUES (1)");
    testpg_open(testpg_db.conninfo);
    for (size_t i = 0; i < N; i++)
        tables[i] = table(i % 7 == 0 ? "filled" : i % 7 == 1 ? "bare" : i % 7 == 2 ? "p" : "empty");

    testpg_status(
        testpg_db.sink->ops->holds_rows(testpg_db.sink, tables, N, holds_rows, &testpg_db.err),
        MIG_OK);

    for (size_t i = 0; i < N; i++)
        cr_assert_eq(holds_rows[i], i % 7 < 3, "table %zu", i);
}
