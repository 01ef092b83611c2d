/*
 * test_type_sqlite.c - PostgreSQL's types in SQLite, and the way back.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "mig/type_rules.h"

/* A type, and a value of it as mig_decode gives it: the one that an affinity would hurt most. */
static const struct {
    const char *type;
    const char *value; /* as a literal of SQLite */
} types[] = {
    {"boolean", "1"},
    {"smallint", "-7"},
    {"integer", "7"},
    {"bigint", "9223372036854775807"},
    {"real", "0.5"},
    {"double precision", "1e300"},
    {"numeric", "'123456789012345678901234567890'"},
    {"numeric(10,2)", "'1.50'"},
    {"numeric(38,0)", "'12'"},
    {"numeric(3,-2)", "'100'"},
    {"money", "'12.30'"},
    {"text", "'12'"},
    {"character varying", "'12'"},
    {"character varying(20)", "'1e5'"},
    {"character(5)", "'12'"},
    {"bpchar", "'12'"},
    {"xml", "'12'"},
    {"bytea", "x'3132'"},
    {"uuid", "'11111111-1111-1111-1111-111111111111'"},
    {"date", "'2024-02-29'"},
    {"time without time zone", "'10:00:00'"},
    {"time(3) without time zone", "'10:00:00.5'"},
    {"time with time zone", "'10:00:00+00'"},
    {"time(0) with time zone", "'10:00:00+00'"},
    {"timestamp without time zone", "'2024-02-29 10:00:00'"},
    {"timestamp(3) without time zone", "'infinity'"},
    {"timestamp(0) without time zone", "'2024-02-29 10:00:00'"},
    {"timestamp with time zone", "'2024-02-29T10:00:00Z'"},
    {"timestamp(3) with time zone", "'-infinity'"},
    {"interval", "'P1D'"},
    {"interval(3)", "'PT1.5S'"},
    {"json", "'12'"},
    {"jsonb", "'1.0'"},
    {"inet", "'1.2.3.4'"},
    {"cidr", "'10.0.0.0/8'"},
    {"macaddr", "'08:00:2b:01:02:03'"},
    {"macaddr8", "'08:00:2b:ff:fe:01:02:03'"},
    {"bit(1)", "'1'"},
    {"bit(3)", "'101'"},
    {"bit varying", "'101'"},
    {"bit varying(5)", "'101'"},
    {"point", "'(1,2)'"},
    {"line", "'{1,2,3}'"},
    {"lseg", "'[(1,2),(3,4)]'"},
    {"box", "'(1,2),(3,4)'"},
    {"path", "'((1,2))'"},
    {"polygon", "'((1,2))'"},
    {"circle", "'<(1,2),3>'"},
    {"tsvector", "'''1'''"},
    {"tsquery", "'''1'''"},
    {"jsonpath", "'1'"},
    {"int4range", "'[1,2)'"},
    {"int8range", "'empty'"},
    {"numrange", "'[1,2)'"},
    {"tsrange", "'empty'"},
    {"tstzrange", "'empty'"},
    {"daterange", "'empty'"},
    {"int4multirange", "'{}'"},
    {"datemultirange", "'{}'"},
    {"integer[]", "'{1}'"},
    {"text[]", "'{1}'"},
    {"character varying[]", "'{1}'"},
    {"numeric[]", "'{1}'"},
    {"timestamp with time zone[]", "'{}'"},
    {"jsonb[]", "'{}'"},
    {"interval[]", "'[0:0]={PT1S}'"},
    {"int4range[]", "'{}'"},
};

/* A table of each library, with two columns that its record has. */
static const struct {
    const char *table, *one, *other;
    const char *name;
} records[] = {
    {"none", "a", "b", ""},
    {"seaql_migrations", "version", "applied_at", "SeaORM"},
    {"django_migrations", "app", "applied", "Django"},
    {"ar_internal_metadata", "key", "value", "Rails"},
    {"alembic_version", "version_num", "b", "Alembic"},
    {"_prisma_migrations", "migration_name", "finished_at", "Prisma"},
    {"__diesel_schema_migrations", "version", "run_on", "Diesel"},
    {"schema_migrations", "version", "inserted_at", "Ecto"},
    {"migrations", "timestamp", "name", "TypeORM"},
    {"doctrine_migration_versions", "version", "executed_at", "Doctrine"},
    {"room_master_table", "id", "identity_hash", "Room"},
    {"__EFMigrationsHistory", "MigrationId", "ProductVersion", "Entity Framework"},
    {"posts", "created_at", "updated_at", "GORM"},
    /* near misses */
    {"schema_migrations", "version", "dirty", ""},
    {"migrations", "species", "name", ""},
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static mig_schema *
schema_of(size_t record)
{
    mig_schema       *schema = mig_schema_new(MIG_DIALECT_POSTGRES, "public");
    mig_schema_table *table = mig_schema_add_table(schema, records[record].table);

    mig_schema_add_column(schema, table, records[record].one, "text");
    mig_schema_add_column(schema, table, records[record].other, "text");
    if (strcmp(records[record].table, "posts") == 0) {
        mig_schema_add_column(schema, table, "deleted_at", "text");
        cr_assert_not_null(mig_schema_add_index(schema, "idx_posts_deleted_at", "posts"));
    }
    mig_schema_finish(schema);
    return schema;
}

/* A column of PostgreSQL as its catalog has it. */
static mig_column
catalog_of(mig_type_choice *choice)
{
    return (mig_column){
        .type = choice->type, .base = choice->base, .wire = choice->wire, .limits = choice->limits};
}

static void
declare(const mig_schema *schema, mig_schema_column column, const mig_column *catalog,
        mig_buf *declared)
{
    mig_buf check = MIG_BUF_INIT;

    column.name = "c";
    mig_buf_clear(declared);
    cr_assert(mig_type_for_sqlite(schema, &column, catalog, declared, &check));
    cr_expect_str_eq(mig_buf_text(&check), "");
    mig_buf_fini(&check);
}

Test(type_sqlite, marks_of_all_libraries_are_known)
{
    for (size_t i = 0; i < N_OF(records); i++) {
        mig_schema          *schema = schema_of(i);
        const mig_frameworks f = mig_frameworks_of(schema);
        mig_buf              name = MIG_BUF_INIT;

        mig_frameworks_name(&f, &name);
        cr_expect_str_eq(mig_buf_text(&name), records[i].name);
        mig_buf_fini(&name);
        mig_schema_free(schema);
    }
}

Test(type_sqlite, several_libraries_are_named)
{
    const mig_frameworks f = {.django = true, .rails = true};
    mig_buf              name = MIG_BUF_INIT;

    mig_frameworks_name(&f, &name);
    cr_expect_str_eq(mig_buf_text(&name), "Django, Rails");
    mig_buf_fini(&name);
}

Test(type_sqlite, the_way_back_leads_to_the_same_type)
{
    mig_buf         declared = MIG_BUF_INIT;
    mig_type_choice wanted, back[MIG_TYPE_LADDER_MAX];

    for (size_t r = 0; r < N_OF(records); r++) {
        mig_schema          *schema = schema_of(r);
        const mig_frameworks f = mig_frameworks_of(schema);

        for (size_t i = 0; i < N_OF(types); i++) {
            mig_schema_column column = {.name = "c", .type = types[i].type};
            mig_column        catalog;

            cr_assert(mig_type_of_name(types[i].type, &wanted), "%s", types[i].type);
            cr_assert_str_eq(wanted.type, types[i].type);
            catalog = catalog_of(&wanted);
            declare(schema, column, &catalog, &declared);
            column.type = mig_buf_text(&declared);
            mig_type_ladder(&f, NULL, &column, back);
            cr_expect_str_eq(back[0].type, wanted.type, "%s: %s is declared %s and becomes %s",
                             records[r].name, wanted.type, column.type, back[0].type);
            cr_expect_eq(back[0].wire, wanted.wire);
            cr_expect_eq(back[0].rules & ~(unsigned)MIG_RULE_DAY, 0u);
        }
        mig_schema_free(schema);
    }
    mig_buf_fini(&declared);
}

static void
ask(sqlite3 *db, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *stmt;

    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sqlite3_errmsg(db));
    snprintf(out, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}

/* A table with the value, and what SQLite made of both. */
static void
store(sqlite3 *db, const char *declared, const char *value)
{
    char sql[400], is[200], wanted[200];

    snprintf(sql, sizeof sql,
             "DROP TABLE IF EXISTS t; CREATE TABLE t (c %s); INSERT INTO t VALUES (%s)", declared,
             value);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    ask(db, "SELECT type FROM pragma_table_info('t')", is, sizeof is);
    cr_expect(sqlite3_stricmp(is, declared) == 0, "%s: %s", declared, is);
    snprintf(sql, sizeof sql, "SELECT typeof(%s) || ' ' || quote(%s)", value, value);
    ask(db, sql, wanted, sizeof wanted);
    ask(db, "SELECT typeof(c) || ' ' || quote(c) FROM t", is, sizeof is);
    cr_expect_str_eq(is, wanted, "%s: %s", declared, is);
}

Test(type_sqlite, sqlite_reads_the_declared_type_and_leaves_values_as_they_are)
{
    mig_buf         declared = MIG_BUF_INIT;
    mig_schema     *schema = schema_of(0);
    mig_type_choice choice;
    sqlite3        *db;

    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < N_OF(types); i++) {
        mig_column catalog;

        cr_assert(mig_type_of_name(types[i].type, &choice));
        catalog = catalog_of(&choice);
        declare(schema, (mig_schema_column){.type = types[i].type}, &catalog, &declared);
        store(db, mig_buf_text(&declared), types[i].value);
    }
    sqlite3_close(db);
    mig_schema_free(schema);
    mig_buf_fini(&declared);
}

Test(type_sqlite, an_identity_is_the_rowid)
{
    mig_buf         declared = MIG_BUF_INIT;
    mig_schema     *schema = schema_of(0);
    mig_type_choice choice;
    mig_column      catalog;

    cr_assert(mig_type_of_name("integer", &choice));
    catalog = catalog_of(&choice);
    declare(schema, (mig_schema_column){.type = "integer", .identity = MIG_IDENTITY_SERIAL},
            &catalog, &declared);
    cr_expect_str_eq(mig_buf_text(&declared), "INTEGER");
    mig_schema_free(schema);
    mig_buf_fini(&declared);
}

Test(type_sqlite, what_has_no_name_of_its_own_there_is_a_text)
{
    static const struct {
        const char   *type, *base;
        mig_wire_type wire;
    } others[] = {
        {"name", "pg_catalog.name", MIG_WIRE_TEXT},
        {"\"char\"", "pg_catalog.char", MIG_WIRE_LITERAL},
        {"oid", "pg_catalog.oid", MIG_WIRE_LITERAL},
        {"bit(3)[]", "pg_catalog.bit[]", MIG_WIRE_LITERAL},
        {"money[]", "pg_catalog.money[]", MIG_WIRE_NONE},
        {"citext", "public.citext", MIG_WIRE_TEXT},
        {"pair", "public.pair of integer,text", MIG_WIRE_LITERAL},
        {"mood[]", "public.mood[]", MIG_WIRE_LITERAL},
    };
    mig_buf     declared = MIG_BUF_INIT;
    mig_schema *schema = schema_of(0);

    for (size_t i = 0; i < N_OF(others); i++) {
        char       type[40], base[60];
        mig_column catalog = {.type = type, .base = base, .wire = others[i].wire};

        snprintf(type, sizeof type, "%s", others[i].type);
        snprintf(base, sizeof base, "%s", others[i].base);
        catalog.limits = (mig_limits)MIG_LIMITS_NONE;
        declare(schema, (mig_schema_column){.type = others[i].type}, &catalog, &declared);
        cr_expect_str_eq(mig_buf_text(&declared), "text", "%s", others[i].type);
    }
    mig_schema_free(schema);
    mig_buf_fini(&declared);
}

/* ---- conditions --------------------------------------------------------------------------- */

static mig_schema *made;

static void
make_types(void)
{
    mig_schema_type *type;

    made = mig_schema_new(MIG_DIALECT_POSTGRES, "public");
    type = mig_schema_add_type(made, MIG_TYPE_ENUM, "mood");
    mig_schema_add_name(made, &type->labels, &type->n_labels, "sad");
    mig_schema_add_name(made, &type->labels, &type->n_labels, "it's");
    mig_schema_add_name(made, &type->labels, &type->n_labels, "1");
    type = mig_schema_add_type(made, MIG_TYPE_DOMAIN, "age");
    type->base = "integer";
    mig_schema_add_name(made, &type->checks, &type->n_checks,
                        "(VALUE >= 0) AND (VALUE <> length('VALUE'::text))");
    type = mig_schema_add_type(made, MIG_TYPE_DOMAIN, "adult");
    type->base = "age";
    type->not_null = true;
    mig_schema_add_name(made, &type->checks, &type->n_checks, "VALUE >= 18");
    type = mig_schema_add_type(made, MIG_TYPE_DOMAIN, "humour");
    type->base = "mood";
    mig_schema_add_name(made, &type->checks, &type->n_checks, "VALUE <> 'sad'::mood");
}

static void
expect_condition(const char *type, mig_column catalog, const char *declared, const char *condition)
{
    mig_schema_column column = {.name = "a \"b", .type = type};
    mig_buf           out = MIG_BUF_INIT, check = MIG_BUF_INIT;

    cr_assert(mig_type_for_sqlite(made, &column, &catalog, &out, &check));
    cr_expect_str_eq(mig_buf_text(&out), declared, "%s", type);
    cr_expect_str_eq(mig_buf_text(&check), condition, "%s", type);
    mig_buf_fini(&out);
    mig_buf_fini(&check);
}

#define C     "\"a \"\"b\""
#define LABEL C " IN ('sad', 'it''s', '1')"
#define AGE   "((" C " >= 0) AND (" C " <> length('VALUE'::text)))"

Test(type_sqlite, enums_and_domains_become_conditions, .init = make_types)
{
    static char      mood[] = "public.mood", int4[] = "pg_catalog.int4";
    const mig_column text = {.base = mood, .wire = MIG_WIRE_TEXT, .limits = MIG_LIMITS_NONE};
    const mig_column integer = {.base = int4, .wire = MIG_WIRE_INT4, .limits = MIG_LIMITS_NONE};

    expect_condition("mood", text, "text", LABEL);
    expect_condition("other.mood", text, "text", LABEL);
    expect_condition("age", integer, "int4", AGE);
    expect_condition("adult", integer, "int4", C " IS NOT NULL AND (" C " >= 18) AND " AGE);
    expect_condition("humour", text, "text", "(" C " <> 'sad'::mood) AND " LABEL);
    expect_condition("integer", integer, "int4", "");
    mig_schema_free(made);
}
