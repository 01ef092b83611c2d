/*
 * test_type_rules.c - the ladder of each declared type, also of those that are none.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/type_rules.h"

static mig_frameworks
only(const char *name)
{
    mig_frameworks f = {0};

    f.seaorm = strcmp(name, "SeaORM") == 0;
    f.django = strcmp(name, "Django") == 0;
    f.rails = strcmp(name, "Rails") == 0;
    f.alembic = strcmp(name, "Alembic") == 0;
    f.prisma = strcmp(name, "Prisma") == 0;
    f.diesel = strcmp(name, "Diesel") == 0;
    f.gorm = strcmp(name, "GORM") == 0;
    f.ecto = strcmp(name, "Ecto") == 0;
    f.typeorm = strcmp(name, "TypeORM") == 0;
    f.doctrine = strcmp(name, "Doctrine") == 0;
    f.room = strcmp(name, "Room") == 0;
    f.efcore = strcmp(name, "Entity Framework") == 0;
    return f;
}

/* "integer, bigint, text:number": the steps before the tail that all ladders share. */
static const char *
ladder_text(const mig_type_choice *choices, size_t n)
{
    static char text[1000];
    mig_buf     out = MIG_BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        mig_buf_printf(&out, "%s%s", i > 0 ? ", " : "", choices[i].type);
        if ((choices[i].rules & MIG_RULE_NUMBER) != 0)
            mig_buf_puts(&out, " number");
        if ((choices[i].rules & MIG_RULE_UTF8) != 0)
            mig_buf_puts(&out, " utf8");
        if ((choices[i].rules & MIG_RULE_DAY) != 0)
            mig_buf_puts(&out, " day");
        if (choices[i].unit != MIG_UNIT_NONE)
            mig_buf_printf(&out, " unit %d", (int)choices[i].unit);
    }
    snprintf(text, sizeof text, "%s", mig_buf_text(&out));
    mig_buf_fini(&out);
    return text;
}

#define TAIL ", text, text number, text number utf8, bytea utf8"

static void
expect_column(const char *framework, const mig_schema_table *table, mig_schema_column column,
              const char *wanted)
{
    const mig_frameworks f = only(framework);
    mig_type_choice      choices[MIG_TYPE_LADDER_MAX];
    size_t               n = mig_type_ladder(&f, table, &column, choices);

    cr_assert_gt(n, 0);
    cr_expect_str_eq(ladder_text(choices, n), wanted, "%s%s%s\n  is     %s\n  wanted %s",
                     column.type, framework[0] != '\0' ? " of " : "", framework,
                     ladder_text(choices, n), wanted);
}

static void
expect(const char *framework, const char *declared, const char *wanted)
{
    expect_column(framework, NULL, (mig_schema_column){.name = "c", .type = declared}, wanted);
}

Test(type_rules, numbers)
{
    expect("", "boolean", "boolean, bigint, numeric" TAIL);
    expect("", "TINYINT(1)", "boolean, bigint, numeric" TAIL);
    expect("", "BIT", "boolean, bigint, numeric" TAIL);
    expect("", "TINYINT", "smallint, integer, bigint, numeric" TAIL);
    expect("", "tinyint(3)", "smallint, integer, bigint, numeric" TAIL);
    expect("", "int4", "integer, bigint, numeric" TAIL);
    expect("", "mediumint", "integer, bigint, numeric" TAIL);
    expect("", "INTEGER", "bigint, numeric" TAIL);
    expect("", "int(11)", "bigint, numeric" TAIL);
    expect("", "BIGINT", "bigint, numeric" TAIL);
    expect("", "UNSIGNED BIG INT", "bigint, numeric(20,0), numeric" TAIL);
    expect("", "uint64", "bigint, numeric(20,0), numeric" TAIL);
    expect("", "REAL", "double precision, numeric" TAIL);
    expect("", "float", "double precision, numeric" TAIL);
    expect("", "double precision", "double precision, numeric" TAIL);
    expect("", "decimal(10,2)", "numeric(10,2), numeric" TAIL);
    expect("", "NUMERIC( 10 , 5 )", "numeric(10,5), numeric" TAIL);
    expect("", "numeric", "numeric" TAIL);
    expect("", "decimal(2,10)", "numeric" TAIL);
    expect("", "decimal(5000)", "numeric" TAIL);
    expect("", "money", "numeric(19,4), numeric" TAIL);
}

Test(type_rules, texts_and_bytes)
{
    expect("", "varchar(20)", "character varying(20)" TAIL);
    expect("", "NVARCHAR(7)", "character varying(7)" TAIL);
    expect("", "native character(70)", "character varying(70)" TAIL);
    expect("", "char(32)", "character varying(32)" TAIL);
    expect("", "varchar", "character varying, text number, text number utf8, bytea utf8");
    expect("", "varchar(99999999)", "text, text number, text number utf8, bytea utf8");
    expect("", "LONGTEXT", "text, text number, text number utf8, bytea utf8");
    expect("", "text(65535)", "text, text number, text number utf8, bytea utf8");
    expect("", "clob", "text, text number, text number utf8, bytea utf8");
    expect("", "BLOB", "bytea, bytea utf8, text number, text number utf8");
    expect("", "varbinary(16)", "bytea, bytea utf8, text number, text number utf8");
    expect("", "uuid", "uuid" TAIL);
    expect("", "uniqueidentifier", "uuid" TAIL);
    expect("", "json", "json" TAIL);
    expect("", "jsonb", "jsonb, json" TAIL);
}

Test(type_rules, times)
{
    const char *const behind = ", bigint, double precision" TAIL;
    char              wanted[300];

    snprintf(wanted, sizeof wanted, "timestamp with time zone%s", behind);
    expect("", "datetime", wanted);
    expect("", "timestamp with time zone", wanted);
    snprintf(wanted, sizeof wanted, "timestamp(3) with time zone, timestamp with time zone%s",
             behind);
    expect("", "datetime(3)", wanted);
    snprintf(wanted, sizeof wanted, "timestamp without time zone%s", behind);
    expect("", "timestamp", wanted);
    expect("", "date", "date, bigint, timestamp without time zone" TAIL);
    snprintf(wanted, sizeof wanted, "time without time zone%s", behind);
    expect("", "time", wanted);
    snprintf(wanted, sizeof wanted, "timestamp with time zone unit %d%s", MIG_UNIT_S, behind);
    expect("", "unixepoch", wanted);
    snprintf(wanted, sizeof wanted, "timestamp with time zone unit %d%s", MIG_UNIT_MS, behind);
    expect("", "unixepoch_ms", wanted);
    expect("", "timestamp_ms", wanted);
    snprintf(wanted, sizeof wanted, "timestamp with time zone unit %d%s", MIG_UNIT_JULIAN, behind);
    expect("", "JULIANDAY", wanted);
    /* may be a length of time */
    expect("", "INTEGER_MS", "bigint, numeric" TAIL);
}

Test(type_rules, libraries_have_their_own)
{
    expect("Diesel", "Integer", "integer, bigint, numeric" TAIL);
    expect("Diesel", "BigInt", "bigint, numeric" TAIL);
    expect("SeaORM", "integer", "integer, bigint, numeric" TAIL);
    expect("SeaORM", "uuid_text", "uuid" TAIL);
    expect("SeaORM", "json_text", "json" TAIL);
    expect("SeaORM", "jsonb_text", "jsonb, json" TAIL);
    expect("SeaORM", "timestamp_with_timezone_text",
           "timestamp with time zone, bigint, double precision" TAIL);
    expect("SeaORM", "timestamp_text",
           "timestamp without time zone, bigint, double precision" TAIL);
    expect("SeaORM", "varbinary_blob(16)", "bytea, bytea utf8, text number, text number utf8");
    expect("Django", "integer", "integer, bigint, numeric" TAIL);
    expect("Django", "integer unsigned", "integer, bigint, numeric" TAIL);
    expect("Django", "char(32)", "uuid, character varying(32)" TAIL);
    expect("Django", "char(33)", "character varying(33)" TAIL);
    expect("Django", "datetime", "timestamp with time zone, bigint, double precision" TAIL);
    expect("Rails", "integer", "bigint, numeric" TAIL);
    expect("Rails", "integer(2)", "smallint, integer, bigint, numeric" TAIL);
    expect("Rails", "integer(4)", "integer, bigint, numeric" TAIL);
    expect("Rails", "integer(8)", "bigint, numeric" TAIL);
    expect("Rails", "time", "time without time zone day, bigint, double precision" TAIL);
    expect("", "time", "time without time zone, bigint, double precision" TAIL);
    expect("Rails", "datetime(6)",
           "timestamp(6) without time zone, timestamp without time zone, bigint, "
           "double precision" TAIL);
    expect("Alembic", "DATETIME", "timestamp without time zone, bigint, double precision" TAIL);
    expect("Prisma", "INTEGER", "integer, bigint, numeric" TAIL);
    expect("Prisma", "DATETIME",
           "timestamp(3) without time zone unit 2, timestamp without time zone unit 2, bigint, "
           "double precision" TAIL);
    cr_assert_eq(MIG_UNIT_MS, 2);
    expect("GORM", "numeric", "boolean, numeric" TAIL);
    expect("Doctrine", "CHAR(36)", "uuid, character varying(36)" TAIL);
    expect("Entity Framework", "INTEGER", "bigint, numeric" TAIL);
    expect("Room", "INTEGER", "bigint, numeric" TAIL);
}

Test(type_rules, two_libraries_in_one_schema_make_nothing_sure)
{
    mig_frameworks    both = {.diesel = true, .django = true};
    mig_schema_column column = {.name = "c", .type = "integer"};
    mig_type_choice   choices[MIG_TYPE_LADDER_MAX];

    mig_type_ladder(&both, NULL, &column, choices);
    cr_expect_str_eq(choices[0].type, "bigint");
}

Test(type_rules, the_rowid_is_wide_unless_a_library_says_how_wide)
{
    mig_schema_column id = {.name = "id", .type = "INTEGER", .identity = MIG_IDENTITY_ROWID};

    expect_column("", NULL, id, "bigint");
    expect_column("Django", NULL, id, "bigint");
    expect_column("Rails", NULL, id, "bigint");
    expect_column("Diesel", NULL, id, "integer, bigint, numeric" TAIL);
    expect_column("SeaORM", NULL, id, "integer, bigint, numeric" TAIL);
}

Test(type_rules, a_check_makes_a_text_of_django_json)
{
    mig_constraint    check = {.kind = MIG_CONSTRAINT_CHECK,
                               .name = "",
                               .expression = "(JSON_VALID(\"data\") OR \"data\" IS NULL)"};
    mig_schema_table  table = {.name = "t", .constraints = &check, .n_constraints = 1};
    mig_schema_column data = {.name = "data", .type = "text"}, note = {.name = "dat", "text"};

    expect_column("Django", &table, data, "jsonb, json" TAIL);
    expect_column("Django", &table, note, "text, text number, text number utf8, bytea utf8");
    expect_column("", &table, data, "text, text number, text number utf8, bytea utf8");
}

Test(type_rules, postgresqls_own_names_lead_back)
{
    expect("", "inet", "inet" TAIL);
    expect("", "TEXT[]", "text[]" TAIL);
    expect("", "numeric[]", "numeric[]" TAIL);
    expect("", "varchar(20)[]", "character varying[]" TAIL);
    expect("", "int4range_text", "int4range" TAIL);
    expect("", "point_text", "point" TAIL);
    /* a folder's path, a blob of SpatiaLite */
    expect("", "path",
           "text, bytea, bigint, double precision, numeric, text number, text number utf8, "
           "bytea utf8");
    expect("", "POINT", "bigint, numeric" TAIL);
    expect("", "bit(8)", "bit(8), bit varying, bigint" TAIL);
}

Test(type_rules, what_is_not_known_goes_by_its_affinity)
{
    const char *const values = "text, bytea, bigint, double precision, numeric, text number, text "
                               "number utf8, bytea utf8";

    expect("", "", values);
    expect("", "ANY", values);
    expect("", "foo", values);
    expect("", "BYTE[]", values);
    expect("", "bit[]", values);
    expect("", "intege", "bigint, numeric" TAIL);
    expect("", "my text type", "text, text number, text number utf8, bytea utf8");
    expect("", "blobby", "bytea, bytea utf8, text number, text number utf8");
    expect("", "doubtful", "double precision, numeric" TAIL);
    expect("", "a declared type that is a good deal longer than any that anybody has ever seen",
           values);
}

Test(type_rules, every_text_gives_a_ladder)
{
    static const char letters[] = "aIiNnTt ()[]0159,._-+'\"`charvreluobd\t\n\xc3\xa9";
    mig_frameworks    f = {0};
    mig_type_choice   choices[MIG_TYPE_LADDER_MAX];
    unsigned          seed = 20260301;

    for (int round = 0; round < 20000; round++) {
        char              text[100];
        size_t            len = (size_t)rand_r(&seed) % sizeof text;
        mig_schema_column column = {.name = "c", .type = text};
        size_t            n;

        for (size_t i = 0; i < len; i++)
            text[i] = letters[(size_t)rand_r(&seed) % (sizeof letters - 1)];
        text[len] = '\0';
        n = mig_type_ladder(&f, NULL, &column, choices);
        cr_assert(n >= 1 && n <= MIG_TYPE_LADDER_MAX, "%s", text);
        for (size_t i = 0; i < n; i++)
            cr_assert(choices[i].wire != MIG_WIRE_NONE && choices[i].why != NULL &&
                          choices[i].type[0] != '\0',
                      "%s", text);
    }
}

/* The facts of an Uptrakit installation: column, table, name, type in SQLite, type in PostgreSQL.
 */
Test(type_rules, an_installation_of_uptrakit_gets_the_types_that_its_own_migrations_give)
{
    FILE                *facts = fopen("tests/db/uptrakit-schema.tsv", "r");
    const mig_frameworks seaorm = only("SeaORM");
    char                 line[500], sqlite[100], postgres[100];
    mig_type_choice      choices[MIG_TYPE_LADDER_MAX];
    int                  n = 0;

    cr_assert_not_null(facts, "run from the top of the tree");
    while (fgets(line, sizeof line, facts) != NULL) {
        mig_schema_column column = {.name = "c", .type = sqlite};

        if (sscanf(line, "column\t%*[^\t]\t%*[^\t]\t%99[^\t]\t%99[^\t]", sqlite, postgres) != 2)
            continue;
        if (strcmp(sqlite, "integer") == 0) /* of either width there */
            snprintf(postgres, sizeof postgres, "integer");
        if (strcmp(postgres, "varchar") == 0)
            snprintf(postgres, sizeof postgres, "character varying");
        mig_type_ladder(&seaorm, NULL, &column, choices);
        cr_expect_str_eq(choices[0].type, postgres, "%s", line);
        n++;
    }
    fclose(facts);
    cr_assert_gt(n, 250);
}

Test(type_rules, affinities_are_sqlites)
{
    cr_expect_eq(mig_affinity_of("CHARINT"), MIG_AFFINITY_INTEGER);
    cr_expect_eq(mig_affinity_of("interval"), MIG_AFFINITY_INTEGER);
    cr_expect_eq(mig_affinity_of("nvarchar(3)"), MIG_AFFINITY_TEXT);
    cr_expect_eq(mig_affinity_of(""), MIG_AFFINITY_BLOB);
    cr_expect_eq(mig_affinity_of("Double"), MIG_AFFINITY_REAL);
    cr_expect_eq(mig_affinity_of("STRING"), MIG_AFFINITY_NUMERIC);
}
