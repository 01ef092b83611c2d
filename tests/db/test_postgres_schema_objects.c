/*
 * test_postgres_schema_objects.c - what a PostgreSQL schema holds beside tables, indexes and types.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "testpg_schema.h"

TestSuite(postgres_schema_objects, .init = testpg_schema_init, .fini = testpg_schema_fini,
          .timeout = 60);

static int
version(void)
{
    return PQserverVersion(testpg_db.conn);
}

/* Its place among the objects. */
static size_t
place(mig_object_kind kind, const char *name)
{
    const mig_schema_object *object = testpg_schema_object(kind, name);

    cr_assert(object != NULL, "no %s %s", mig_object_words(kind), name);
    return (size_t)(object - testpg_schema->objects);
}

Test(postgres_schema_objects, views_stand_behind_those_they_read)
{
    const mig_schema_object *v;

    testpg_run("CREATE TABLE t (id integer, a text); CREATE VIEW z AS SELECT id FROM t;"
               "CREATE MATERIALIZED VIEW m AS SELECT id AS one, 2 AS \"Two\" FROM z;"
               "CREATE VIEW a AS SELECT one FROM m; COMMENT ON VIEW z IS 'few';"
               "CREATE INDEX mi ON m (one)");
    testpg_schema_read(NULL);

    cr_assert_lt(place(MIG_OBJECT_VIEW, "z"), place(MIG_OBJECT_MATERIALIZED_VIEW, "m"));
    cr_assert_lt(place(MIG_OBJECT_MATERIALIZED_VIEW, "m"), place(MIG_OBJECT_VIEW, "a"));
    v = testpg_schema_object(MIG_OBJECT_MATERIALIZED_VIEW, "m");
    cr_assert_eq(v->n_columns, 2);
    cr_assert_str_eq(v->columns[0], "one");
    cr_assert_str_eq(v->columns[1], "Two");
    cr_assert(strstr(v->query, "FROM z") != NULL, "%s", v->query);
    cr_assert_eq(strncmp(v->query, "SELECT", 6), 0);
    cr_assert(strchr(v->query, ';') == NULL);
    cr_assert_str_eq(v->sql, v->query);
    cr_assert_str_eq(testpg_schema_object(MIG_OBJECT_VIEW, "z")->comment, "few");
    testpg_schema_sql(MIG_OBJECT_OTHER, "mi", "CREATE INDEX mi ON m USING btree (one)");
    cr_assert(mig_schema_find(testpg_schema, "z") == NULL);
}

Test(postgres_schema_objects, options_of_a_view_are_an_object)
{
    testpg_run("CREATE TABLE t (a integer);"
               "CREATE VIEW v AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_OTHER, "v", "ALTER VIEW v SET (check_option=local)");
}

Test(postgres_schema_objects, partitions_have_their_bounds)
{
    const mig_constraint *k;

    testpg_run("CREATE TABLE p (id integer, k text, PRIMARY KEY (id, k)) PARTITION BY RANGE (id);"
               "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k);"
               "CREATE TABLE p1 PARTITION OF p2 FOR VALUES IN ('a');"
               "ALTER TABLE p1 ADD CONSTRAINT alone CHECK (id <> 3);"
               "CREATE INDEX whole ON p (k); CREATE INDEX part ON p1 (id);"
               "CREATE TABLE t (id integer, k text, CONSTRAINT f FOREIGN KEY (id, k)"
               " REFERENCES p1)");
    testpg_schema_read(NULL);

    cr_assert_eq(testpg_schema->n_tables, 2);
    cr_assert_eq(testpg_schema_table("p")->kind, MIG_TABLE_PARTITIONED);
    cr_assert_str_eq(testpg_schema_table("p")->partition_by, "RANGE (id)");
    cr_assert_eq(testpg_schema_table("p")->n_constraints, 1);
    testpg_schema_sql(MIG_OBJECT_PARTITION, "p2",
                      "FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k)");
    testpg_schema_sql(MIG_OBJECT_PARTITION, "p1", "FOR VALUES IN ('a')");
    cr_assert_str_eq(testpg_schema_object(MIG_OBJECT_PARTITION, "p1")->table, "p2");
    cr_assert_lt(place(MIG_OBJECT_PARTITION, "p2"), place(MIG_OBJECT_PARTITION, "p1"));
    testpg_schema_sql(MIG_OBJECT_OTHER, "alone",
                      "ALTER TABLE p1 ADD CONSTRAINT alone CHECK ((id <> 3))");
    testpg_schema_sql(MIG_OBJECT_OTHER, "part", "CREATE INDEX part ON p1 USING btree (id)");
    cr_assert_eq(testpg_schema->n_indexes, 1);
    cr_assert_str_eq(testpg_schema->indexes[0].name, "whole");
    k = testpg_schema_constraint("t", "f");
    cr_assert_eq(testpg_schema_table("t")->n_constraints, 1);
    cr_assert_str_eq(k->parent, version() >= 120000 ? "p" : "p1");
}

Test(postgres_schema_objects, inheritance_is_told)
{
    testpg_run("CREATE TABLE p (a integer NOT NULL, CONSTRAINT k CHECK (a > 0));"
               "CREATE TABLE c (b integer) INHERITS (p)");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_OTHER, "INHERITS p", "ALTER TABLE c INHERIT p");
    cr_assert_eq(testpg_schema_table("c")->n_columns, 2);
    cr_assert_str_eq(testpg_schema_constraint("c", "k")->expression, "a > 0");
}

Test(postgres_schema_objects, an_index_that_is_not_valid_is_told_by_name)
{
    testpg_run("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)");
    PQclear(PQexec(testpg_db.conn, "CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)"));
    testpg_schema_read(NULL);

    cr_assert_eq(testpg_schema->n_indexes, 0);
    cr_assert_str_eq(testpg_schema_object(MIG_OBJECT_OTHER, "broken")->table, "t");
}

Test(postgres_schema_objects, routines_have_their_definitions)
{
    const char *sql;

    testpg_run("CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE"
               " AS 'SELECT a + 1'; CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql"
               " AS 'SELECT a'; COMMENT ON FUNCTION f(integer) IS 'more';"
               "CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer);"
               "CREATE TABLE t (a integer DEFAULT f(1), CHECK (f(a) > 1))");
    testpg_schema_read(NULL);

    sql = testpg_schema_object(MIG_OBJECT_ROUTINE, "f(a integer)")->sql;
    cr_assert_eq(strncmp(sql, "CREATE OR REPLACE FUNCTION f(a integer)\n", 40), 0, "%s", sql);
    cr_assert_str_eq(testpg_schema_object(MIG_OBJECT_ROUTINE, "f(a integer)")->comment, "more");
    cr_assert(testpg_schema_object(MIG_OBJECT_ROUTINE, "f(a text)") != NULL);
    testpg_schema_sql(MIG_OBJECT_ROUTINE, "total(integer)", NULL);
    cr_assert_str_eq(testpg_schema_column("t", "a")->default_value, "f(1)");
}

Test(postgres_schema_objects, a_procedure_is_a_routine)
{
    const char *sql;

    if (version() < 110000)
        cr_skip_test("procedures came with version 11");
    testpg_run("CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'");
    testpg_schema_read(NULL);

    sql = testpg_schema_object(MIG_OBJECT_ROUTINE, "p()")->sql;
    cr_assert_eq(strncmp(sql, "CREATE OR REPLACE PROCEDURE p()\n", 32), 0, "%s", sql);
}

Test(postgres_schema_objects, triggers_have_their_state)
{
    testpg_run("CREATE TABLE t (a integer PRIMARY KEY);"
               "CREATE TABLE c (a integer REFERENCES t); CREATE FUNCTION f() RETURNS trigger"
               " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
               "CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 0)"
               " EXECUTE PROCEDURE f();"
               "CREATE TRIGGER h AFTER DELETE ON t FOR EACH STATEMENT EXECUTE PROCEDURE f();"
               "ALTER TABLE t DISABLE TRIGGER h");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_TRIGGER, "g",
                      version() >= 110000 ? "CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW"
                                            " WHEN (new.a > 0) EXECUTE FUNCTION f()"
                                          : "CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW"
                                            " WHEN (new.a > 0) EXECUTE PROCEDURE f()");
    cr_assert_str_eq(testpg_schema_object(MIG_OBJECT_TRIGGER, "g")->table, "t");
    cr_assert(strstr(testpg_schema_object(MIG_OBJECT_TRIGGER, "h")->sql,
                     "; ALTER TABLE t DISABLE TRIGGER h") != NULL);
    for (size_t i = 0; i < testpg_schema->n_objects; i++)
        cr_assert(testpg_schema->objects[i].kind != MIG_OBJECT_TRIGGER ||
                  strcmp(testpg_schema->objects[i].table, "t") == 0);
}

Test(postgres_schema_objects, a_partition_has_no_copy_of_its_roots_trigger)
{
    size_t n = 0;

    if (version() < 110000)
        cr_skip_test("triggers of partitioned tables came with version 11");
    testpg_run("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
               "CREATE TABLE p (a integer) PARTITION BY RANGE (a);"
               "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
               "CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE PROCEDURE f()");
    testpg_schema_read(NULL);

    for (size_t i = 0; i < testpg_schema->n_objects; i++)
        n += testpg_schema->objects[i].kind == MIG_OBJECT_TRIGGER;
    cr_assert_eq(n, 1);
}

Test(postgres_schema_objects, rules_policies_and_statistics_are_told)
{
    testpg_run("CREATE TABLE t (a integer, b integer);"
               "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;"
               "CREATE POLICY y ON t FOR SELECT TO PUBLIC USING (a > 0);"
               "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
               "CREATE STATISTICS s (dependencies) ON a, b FROM t");
    testpg_schema_read(NULL);

    cr_assert_str_eq(testpg_schema_object(MIG_OBJECT_RULE, "r")->table, "t");
    testpg_schema_sql(MIG_OBJECT_POLICY, "y",
                      "CREATE POLICY y ON t FOR SELECT TO PUBLIC USING ((a > 0))");
    testpg_schema_sql(MIG_OBJECT_POLICY, "ROW LEVEL SECURITY",
                      "ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    testpg_schema_sql(MIG_OBJECT_STATISTICS, "s",
                      "CREATE STATISTICS s (dependencies) ON a, b FROM t");
}

Test(postgres_schema_objects, publications_list_the_tables_of_the_schema)
{
    testpg_run("CREATE SCHEMA other; CREATE TABLE other.o (a integer);"
               "CREATE TABLE t (a integer); CREATE TABLE \"U\" (a integer);"
               "CREATE PUBLICATION far FOR TABLE other.o;"
               "CREATE PUBLICATION near FOR TABLE \"U\", t, other.o WITH (publish = 'insert')");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_PUBLICATION, "near",
                      "CREATE PUBLICATION near FOR TABLE \"U\", t WITH (publish = 'insert')");
    cr_assert(testpg_schema_object(MIG_OBJECT_PUBLICATION, "far") == NULL);
}

Test(postgres_schema_objects, a_publication_may_filter_rows_and_columns)
{
    if (version() < 150000)
        cr_skip_test("they came with version 15");
    testpg_run("CREATE TABLE t (a integer PRIMARY KEY, b integer);"
               "CREATE PUBLICATION p FOR TABLE t (a) WHERE (a > 1) WITH (publish = 'insert');"
               "CREATE PUBLICATION q FOR TABLES IN SCHEMA public WITH (publish = 'insert')");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_PUBLICATION, "p",
                      "CREATE PUBLICATION p FOR TABLE t (a) WHERE ((a > 1))"
                      " WITH (publish = 'insert')");
    testpg_schema_sql(MIG_OBJECT_PUBLICATION, "q",
                      "CREATE PUBLICATION q FOR TABLES IN SCHEMA CURRENT_SCHEMA"
                      " WITH (publish = 'insert')");
}

/* postgres_fdw stands for any: Debian and the other builds have it. */
Test(postgres_schema_objects, foreign_tables_are_tables_and_objects)
{
    testpg_run("CREATE SCHEMA other; CREATE EXTENSION postgres_fdw SCHEMA other;"
               "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;"
               "CREATE FOREIGN TABLE f (a integer NOT NULL, b text) SERVER far"
               " OPTIONS (table_name 'it''s = so')");
    testpg_schema_read(NULL);

    cr_assert_eq(testpg_schema_table("f")->kind, MIG_TABLE_FOREIGN);
    testpg_schema_sql(MIG_OBJECT_FOREIGN_TABLE, "f",
                      "CREATE FOREIGN TABLE f (a integer NOT NULL, b text) SERVER far"
                      " OPTIONS (table_name 'it''s = so')");
    cr_assert(testpg_schema_object(MIG_OBJECT_EXTENSION, "postgres_fdw") == NULL);
    cr_assert(testpg_schema_object(MIG_OBJECT_EXTENSION, "plpgsql") == NULL);
}

Test(postgres_schema_objects, extensions_that_columns_and_indexes_are_made_of_are_told)
{
    testpg_run("CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;"
               "CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION pg_trgm SCHEMA ext;"
               "CREATE EXTENSION btree_gist; CREATE EXTENSION ltree SCHEMA ext;"
               "CREATE TABLE t (a ext.citext, h ext.hstore[], x text);"
               "CREATE INDEX i ON t USING gin (x ext.gin_trgm_ops)");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_EXTENSION, "citext", "CREATE EXTENSION citext");
    cr_assert(testpg_schema_object(MIG_OBJECT_EXTENSION, "hstore") != NULL);
    cr_assert(testpg_schema_object(MIG_OBJECT_EXTENSION, "pg_trgm") != NULL);
    cr_assert(testpg_schema_object(MIG_OBJECT_EXTENSION, "btree_gist") != NULL);
    cr_assert(testpg_schema_object(MIG_OBJECT_EXTENSION, "ltree") == NULL);
    cr_assert_eq(testpg_schema->n_types, 0);
    cr_assert_str_eq(testpg_schema_column("t", "a")->type, "ext.citext");
    cr_assert_str_eq(testpg_schema_column("t", "h")->type, "ext.hstore[]");
    cr_assert_str_eq(testpg_schema->indexes[0].parts[0].opclass, "ext.gin_trgm_ops");
    for (size_t i = 0; i < testpg_schema->n_objects; i++)
        cr_assert_eq(testpg_schema->objects[i].kind, MIG_OBJECT_EXTENSION, "%s",
                     testpg_schema->objects[i].name);
}

Test(postgres_schema_objects, collations_of_the_schema_are_told)
{
    testpg_run("CREATE COLLATION posix (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');"
               "CREATE TABLE t (a text COLLATE posix)");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_OTHER, "posix",
                      "CREATE COLLATION posix (provider = libc, lc_collate = 'C',"
                      " lc_ctype = 'POSIX')");
    cr_assert_str_eq(testpg_schema_column("t", "a")->collation, "posix");
}

Test(postgres_schema_objects, a_collation_of_icu_has_its_locale)
{
    if (version() < 120000)
        cr_skip_test("collations that fold came with version 12");
    testpg_run("CREATE COLLATION folding (PROVIDER = icu, LOCALE = 'und-u-ks-level2',"
               " DETERMINISTIC = false)");
    testpg_schema_read(NULL);

    testpg_schema_sql(MIG_OBJECT_OTHER, "folding",
                      "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2',"
                      " deterministic = false)");
}

Test(postgres_schema_objects, names_may_be_anything)
{
    const mig_schema_column *c;
    const mig_constraint    *k;

    testpg_run("CREATE SCHEMA \"My \"\"own\"\".x\"; SET search_path = \"My \"\"own\"\".x\";"
               "CREATE TYPE \"A \"\"mood\"\"\" AS ENUM ('x');"
               "CREATE TABLE \"T.1 \"\"a\"\"\" (\"Id \"\"(\" serial PRIMARY KEY,"
               " \"m'\" \"A \"\"mood\"\"\" DEFAULT 'x');"
               "CREATE TABLE child (x integer CONSTRAINT \"a fk\" REFERENCES \"T.1 \"\"a\"\"\");"
               "CREATE VIEW \"V\" AS SELECT \"m'\" FROM \"T.1 \"\"a\"\"\";"
               "CREATE INDEX \"i\"\"x\" ON \"T.1 \"\"a\"\"\" ((\"m'\" = 'x'));"
               "CREATE FUNCTION \"F\"() RETURNS integer LANGUAGE sql AS 'SELECT 1'");
    testpg_schema_read("My \"own\".x");

    cr_assert_str_eq(testpg_schema->name, "My \"own\".x");
    cr_assert_eq(testpg_schema_column("T.1 \"a\"", "Id \"(")->identity, MIG_IDENTITY_SERIAL);
    c = testpg_schema_column("T.1 \"a\"", "m'");
    cr_assert_str_eq(c->type, "\"A \"\"mood\"\"\"");
    cr_assert_str_eq(c->default_value, "'x'::\"A \"\"mood\"\"\"");
    cr_assert(mig_schema_find_type(testpg_schema, c->type) != NULL);
    k = testpg_schema_constraint("child", "a fk");
    cr_assert_str_eq(k->parent, "T.1 \"a\"");
    cr_assert_str_eq(k->parent_columns[0], "Id \"(");
    cr_assert_str_eq(k->definition, "FOREIGN KEY (x) REFERENCES \"T.1 \"\"a\"\"\"(\"Id \"\"(\")");
    cr_assert_str_eq(testpg_schema->indexes[0].name, "i\"x");
    cr_assert_str_eq(testpg_schema->indexes[0].parts[0].expression,
                     "\"m'\" = 'x'::\"A \"\"mood\"\"\"");
    cr_assert(strstr(testpg_schema_object(MIG_OBJECT_VIEW, "V")->sql, "My ") == NULL);
    cr_assert_eq(strncmp(testpg_schema_object(MIG_OBJECT_ROUTINE, "F()")->sql,
                         "CREATE OR REPLACE FUNCTION \"F\"()", 31),
                 0);
}

/* What lies in other schemas stays qualified, and what the reader calls is the server's own. */
Test(postgres_schema_objects, operators_of_the_schema_do_not_reach_the_reader)
{
    testpg_run("CREATE SCHEMA other; CREATE TYPE other.mood AS ENUM ('x');"
               "CREATE FUNCTION trap(smallint, smallint) RETURNS boolean LANGUAGE plpgsql"
               " AS 'BEGIN RAISE EXCEPTION ''trapped''; END';"
               "CREATE FUNCTION trap2(\"char\", text) RETURNS boolean LANGUAGE plpgsql"
               " AS 'BEGIN RAISE EXCEPTION ''trapped''; END';"
               "CREATE OPERATOR = (LEFTARG = smallint, RIGHTARG = smallint, PROCEDURE = trap);"
               "CREATE OPERATOR = (LEFTARG = \"char\", RIGHTARG = text, PROCEDURE = trap2);"
               "CREATE FUNCTION format_type(oid, integer) RETURNS text LANGUAGE sql"
               " AS 'SELECT ''trapped''::text';"
               "CREATE TABLE t (a other.mood DEFAULT 'x')");
    testpg_schema_read(NULL);

    cr_assert_str_eq(testpg_schema_column("t", "a")->type, "other.mood");
    cr_assert_str_eq(testpg_schema_column("t", "a")->default_value, "'x'::other.mood");
}

Test(postgres_schema_objects, constraints_of_version_18_that_no_field_has_are_objects)
{
    if (version() < 180000)
        cr_skip_test("they came with version 18");
    testpg_run("CREATE EXTENSION btree_gist;"
               "CREATE TABLE p (id integer, at daterange,"
               " CONSTRAINT pk PRIMARY KEY (id, at WITHOUT OVERLAPS));"
               "CREATE TABLE c (id integer, at daterange, n integer, CONSTRAINT f"
               " FOREIGN KEY (id, PERIOD at) REFERENCES p (id, PERIOD at));"
               "ALTER TABLE c ADD CONSTRAINT nn NOT NULL n NOT VALID;"
               "ALTER TABLE c ADD CONSTRAINT lax CHECK (id > 0) NOT ENFORCED");
    testpg_schema_read(NULL);

    cr_assert_eq(testpg_schema_constraint("p", "pk")->kind, MIG_CONSTRAINT_EXCLUDE);
    cr_assert_str_eq(testpg_schema_constraint("p", "pk")->definition,
                     "PRIMARY KEY (id, at WITHOUT OVERLAPS)");
    testpg_schema_sql(MIG_OBJECT_OTHER, "f",
                      "ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (id, PERIOD at)"
                      " REFERENCES p(id, PERIOD at)");
    testpg_schema_sql(MIG_OBJECT_OTHER, "nn",
                      "ALTER TABLE c ADD CONSTRAINT nn NOT NULL n NOT VALID");
    cr_assert(!testpg_schema_column("c", "n")->not_null);
    cr_assert(testpg_schema_column("p", "id")->not_null);
    cr_assert_eq(testpg_schema_table("c")->n_constraints, 1);
    cr_assert(testpg_schema_constraint("c", "lax")->not_valid);
}
