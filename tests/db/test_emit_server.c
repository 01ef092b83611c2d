/*
 * test_emit_server.c - a real server takes the DDL of a schema with everything,
 * from the sink and from psql, and makes the same of it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/rich_schema.h"
#include "testpg.h"

static mig_mirror *mirror;
static mig_ddl    *ddl;

static void
setup(void)
{
    testpg_init();
    mirror = rich_mirror(MIG_DIALECT_POSTGRES);
    testpg_status(mig_mirror_ddl(mirror, &ddl, &testpg_db.err), MIG_OK);
}

static void
teardown(void)
{
    mig_ddl_free(ddl);
    rich_mirror_free(mirror);
    testpg_fini();
}

TestSuite(emit_server, .init = setup, .fini = teardown, .timeout = 60);

/* What the server says of everything in the schema. */
static const char fingerprint[] =
    "SELECT string_agg(x.line, E'\\n' ORDER BY x.line COLLATE \"C\") FROM ("
    " SELECT format('relation %s %s %s %s %s', c.relname, c.relkind, c.relpersistence,"
    "  obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind IN ('v', 'm')"
    "  THEN pg_get_viewdef(c.oid) END) AS line FROM pg_class c"
    "  WHERE c.relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT format('column %s.%s %s %s %s %s %s %s %s %s', c.relname, a.attnum,"
    "  a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,"
    "  a.attgenerated, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid),"
    "  col_description(c.oid, a.attnum)) FROM pg_attribute a"
    "  JOIN pg_class c ON c.oid = a.attrelid"
    "  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    "  WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0"
    " UNION ALL SELECT format('constraint %s %s %s %s %s', k.conrelid::regclass, k.conname,"
    "  pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint'))"
    "  FROM pg_constraint k WHERE k.connamespace = 'public'::regnamespace"
    " UNION ALL SELECT format('index %s', pg_get_indexdef(i.indexrelid)) FROM pg_index i"
    "  JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT format('sequence %s %s %s %s %s %s', s.seqrelid::regclass, s.seqstart,"
    "  s.seqincrement, s.seqmax, s.seqcycle, s.seqtypid::regtype) FROM pg_sequence s"
    " UNION ALL SELECT format('owned %s by %s.%s', d.objid::regclass, d.refobjid::regclass,"
    "  d.refobjsubid) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
    "  WHERE d.refobjsubid > 0 AND d.classid = 'pg_class'::regclass"
    " UNION ALL SELECT format('type %s %s %s %s %s %s', t.typname, t.typtype, t.typnotnull,"
    "  t.typdefault, obj_description(t.oid, 'pg_type'),"
    "  ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid"
    "   ORDER BY e.enumsortorder)) FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace"
    " UNION ALL SELECT format('collation %s %s', l.collname, l.collisdeterministic)"
    "  FROM pg_collation l WHERE l.collnamespace = 'public'::regnamespace) x";

static void
make_and_complete(void)
{
    mig_sink *sink = testpg_db.sink;

    testpg_status(sink->ops->make_schema(sink, ddl, &testpg_db.err), MIG_OK);
    testpg_status(sink->ops->complete_schema(sink, ddl, 2, &testpg_db.notes, &testpg_db.err),
                  MIG_OK);
    testpg_run("DROP TABLE db_migrate_unfinished"); /* as finish does, which wants a plan */
}

/* Runs the printed file. */
static void
run_psql(void)
{
    char    path[] = "/tmp/emit-XXXXXX";
    mig_buf text = MIG_BUF_INIT, command = MIG_BUF_INIT;
    int     fd = mkstemp(path);

    cr_assert(fd >= 0);
    testpg_status(mig_mirror_print(mirror, ddl, "a title", &text, &testpg_db.err), MIG_OK);
    cr_assert_eq(write(fd, text.data, text.len), (ssize_t)text.len);
    close(fd);
    mig_buf_printf(&command, "psql -X -q -o /dev/null -v ON_ERROR_STOP=1 -f %s \"%s\"", path,
                   testpg_db.conninfo);
    cr_assert_eq(system(mig_buf_text(&command)), 0);
    unlink(path);
    mig_buf_fini(&text);
    mig_buf_fini(&command);
}

Test(emit_server, the_sink_and_psql_make_the_same_schema)
{
    char *by_sink, *by_psql;

    testpg_open(testpg_db.conninfo);
    make_and_complete();
    by_sink = testpg_value(fingerprint);
    testpg_run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");

    run_psql();

    by_psql = testpg_value(fingerprint);
    cr_assert_gt(strlen(by_sink), 2000);
    cr_assert_str_eq(by_psql, by_sink);
    free(by_sink);
    free(by_psql);
}

Test(emit_server, a_second_run_replaces_the_first)
{
    char *first, *second;

    testpg_open(testpg_db.conninfo);
    make_and_complete();
    first = testpg_value(fingerprint);

    make_and_complete();

    second = testpg_value(fingerprint);
    cr_assert_str_eq(second, first);
    free(first);
    free(second);
}

Test(emit_server, an_enum_and_the_collation_that_another_table_uses_stay)
{
    testpg_open(testpg_db.conninfo);
    make_and_complete();
    testpg_run("CREATE TABLE other (m \"Mood\", n text COLLATE \"nocase\")");

    make_and_complete();

    testpg_expect("SELECT count(*) FROM pg_type WHERE typname = 'Mood'", "1");
}

/* The server's own list of words, whichever version it is: each of them as table and column. */
Test(emit_server, every_word_of_the_server_can_be_a_name)
{
    mig_mirror       *m = bare_mirror(MIG_DIALECT_POSTGRES);
    mig_schema_table *t = mig_schema_add_table(m->schema, "words");
    PGresult         *res = PQexec(testpg_db.conn, "SELECT word FROM pg_get_keywords()");

    for (int i = 0; i < PQntuples(res); i++)
        mig_schema_add_column(m->schema, t, PQgetvalue(res, i, 0), "integer");
    for (int i = 0; i < PQntuples(res); i++)
        mig_schema_add_column(m->schema, mig_schema_add_table(m->schema, PQgetvalue(res, i, 0)),
                              PQgetvalue(res, i, 0), "integer");
    mig_schema_finish(m->schema);
    mig_ddl_free(ddl);
    testpg_status(mig_mirror_ddl(m, &ddl, &testpg_db.err), MIG_OK);
    testpg_open(testpg_db.conninfo);

    make_and_complete();

    cr_assert_gt(PQntuples(res), 400);
    PQclear(res);
    rich_mirror_free(m);
}
