/*
 * test_type_rules_server.c - every type that the rules can give, made by a server.
 *
 * The rules say in advance what the catalog will say of the column; here it is
 * asked.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "mig/buf.h"
#include "mig/type_rules.h"
#include "testpg.h"

TestSuite(type_rules_server, .init = testpg_init, .fini = testpg_fini, .timeout = 120);

/* One declared type for each rule and each kind of modifiers. */
static const char *const declared[] = {
    "",
    "integer",
    "int4",
    "smallint",
    "uint64",
    "boolean",
    "float4",
    "real",
    "decimal",
    "decimal(10,2)",
    "money",
    "smallmoney",
    "varchar",
    "varchar(20)",
    "char(32)",
    "char(36)",
    "char(39)",
    "bpchar",
    "bpchar(5)",
    "text",
    "blob",
    "uuid",
    "json",
    "jsonb",
    "datetime",
    "datetime(6)",
    "timestamp",
    "timestamp(3)",
    "timestamptz(0)",
    "date",
    "time",
    "time(3)",
    "timetz",
    "timetz(3)",
    "duration_text",
    "duration_text(2)",
    "bit_text",
    "bit_text(3)",
    "bit(8)",
    "varbit",
    "varbit(5)",
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "xml_text",
    "money_text",
    "unixepoch_ms",
    "integer[]",
    "text[]",
    "numeric[]",
    "timestamptz[]",
    "varchar[]",
    "bpchar[]",
    "float8[]",
    "point_text",
    "line_text",
    "lseg_text",
    "box_text",
    "path_text",
    "polygon_text",
    "circle_text",
    "tsvector",
    "tsquery",
    "jsonpath_text",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "daterange",
    "int4multirange",
    "int8multirange",
    "nummultirange",
    "tsmultirange",
    "tstzmultirange",
    "datemultirange",
    "numeric(65,30)",
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static mig_type_choice choices[300];
static size_t          n_choices;

static void
keep(const mig_type_choice *choice)
{
    for (size_t i = 0; i < n_choices; i++)
        if (strcmp(choices[i].type, choice->type) == 0)
            return;
    if (strstr(choice->type, "multirange") != NULL && PQserverVersion(testpg_db.conn) < 140000)
        return;
    cr_assert_lt(n_choices, N_OF(choices));
    choices[n_choices++] = *choice;
}

static void
collect(const mig_frameworks *frameworks)
{
    for (size_t i = 0; i < N_OF(declared); i++) {
        mig_schema_column column = {.name = "c", .type = declared[i]};
        mig_type_choice   ladder[MIG_TYPE_LADDER_MAX];
        size_t            n = mig_type_ladder(frameworks, NULL, &column, ladder);

        for (size_t c = 0; c < n; c++)
            keep(&ladder[c]);
    }
}

static void
collect_all(void)
{
    static const mig_frameworks each[] = {
        {0},
        {.seaorm = true},
        {.django = true},
        {.rails = true},
        {.alembic = true},
        {.prisma = true},
        {.diesel = true},
        {.gorm = true},
        {.typeorm = true},
        {.doctrine = true},
    };
    mig_type_choice named;

    for (size_t i = 0; i < N_OF(each); i++)
        collect(&each[i]);
    cr_assert(mig_type_of_name("name", &named));
    keep(&named);
    cr_assert(mig_type_of_name("int2", &named));
    keep(&named);
    if (PQserverVersion(testpg_db.conn) >= 150000) {
        cr_assert(mig_type_of_name("numeric(3,-5)", &named));
        keep(&named);
    }
}

static void
compare(const mig_type_choice *choice, const mig_column *c)
{
    /* What money counts is the database's to say. */
    const int32_t scale = c->wire == MIG_WIRE_MONEY ? -1 : c->limits.scale;

    cr_expect_str_eq(c->type, choice->type, "%s: %s", choice->type, c->type);
    cr_expect_str_eq(c->base, choice->base, "%s: %s", choice->type, c->base);
    cr_expect_eq(c->wire, choice->wire, "%s: %s", choice->type, mig_wire_name(c->wire));
    cr_expect_eq(c->limits.length, choice->limits.length, "%s", choice->type);
    cr_expect_eq(c->limits.precision, choice->limits.precision, "%s", choice->type);
    cr_expect_eq(scale, choice->limits.scale, "%s", choice->type);
}

Test(type_rules_server, the_catalog_says_what_the_rules_said)
{
    mig_buf sql = MIG_BUF_INIT;

    collect_all();
    cr_assert_gt(n_choices, 60);
    for (size_t i = 0; i < n_choices; i++)
        mig_buf_printf(&sql, "%s c%zu %s", i > 0 ? "," : "CREATE TABLE t (", i, choices[i].type);
    mig_buf_puts(&sql, ")");
    testpg_run(mig_buf_text(&sql));
    mig_buf_fini(&sql);
    testpg_open(testpg_db.conninfo);
    testpg_read_catalog();
    cr_assert_eq(testpg_db.catalog->tables[0].n_columns, n_choices);
    for (size_t i = 0; i < n_choices; i++)
        compare(&choices[i], &testpg_db.catalog->tables[0].columns[i]);
}
