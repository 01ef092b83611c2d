/*
 * type_sqlite.c - what columns of PostgreSQL are declared as in SQLite.
 *
 * A declared type does three things there.  Its affinity converts values: so it
 * must have none that would (digits in a column of numbers, anything in one
 * whose name has "INT" in it).  Client libraries read it, or know what form to
 * expect: so a library's own word stands where it is sure which one made the
 * schema.  And the way back reads it (type_table.c): so it leads to the type
 * that it came from.  Where the type's own name would make numbers of texts,
 * "_text" stands behind it, as SeaORM writes.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "type_frameworks.h"
#include "type_text.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

typedef struct stored_as {
    mig__framework framework; /* NONE: whatever made the schema */
    const char    *base;      /* pg_type.typname */
    const char    *declared;  /* "#" at its end: with the modifiers */
    int32_t        scale;     /* only where the column has this one; -1: any */
} stored_as;

/* clang-format off */
static const stored_as table[] = {
    {MIG__SEAORM, "int4", "integer", -1},
    {MIG__SEAORM, "uuid", "uuid_text", -1},
    {MIG__SEAORM, "date", "date_text", -1},
    {MIG__SEAORM, "time", "time_text#", -1},
    {MIG__SEAORM, "timestamp", "timestamp_text#", -1},
    {MIG__SEAORM, "timestamptz", "timestamp_with_timezone_text#", -1},
    {MIG__DJANGO, "int4", "integer", -1},
    {MIG__DJANGO, "bool", "bool", -1},
    {MIG__DJANGO, "uuid", "char(32)", -1},
    {MIG__DJANGO, "inet", "char(39)", -1},
    {MIG__DJANGO, "timestamptz", "datetime#", -1},
    /* Its reader takes numbers alone: what is no number of 15 digits is refused, with the row. */
    {MIG__DJANGO, "numeric", "decimal#", -1},
    {MIG__RAILS, "timestamp", "datetime#", -1},
    {MIG__RAILS, "timestamptz", "datetime with time zone#", -1},
    {MIG__ALEMBIC, "int4", "integer", -1},
    {MIG__ALEMBIC, "numeric", "decimal#", -1},
    {MIG__ALEMBIC, "timestamp", "datetime without time zone#", -1},
    {MIG__ALEMBIC, "timestamptz", "datetime with time zone#", -1},
    {MIG__PRISMA, "int4", "integer", -1},
    {MIG__PRISMA, "timestamp", "datetime_ms", 3},
    {MIG__DIESEL, "int4", "integer", -1},
    {MIG__GORM, "timestamptz", "datetime#", -1},
    {MIG__TYPEORM, "int4", "integer", -1},
    {MIG__TYPEORM, "timestamp", "datetime#", -1},
    {MIG__TYPEORM, "timestamptz", "datetime with time zone#", -1},
    {MIG__DOCTRINE, "int4", "integer", -1},
    {MIG__DOCTRINE, "uuid", "char(36)", -1},
    {MIG__DOCTRINE, "timestamp", "datetime", 0},

    {0, "bool", "boolean", -1},
    {0, "int2", "smallint", -1},
    {0, "int4", "int4", -1},
    {0, "int8", "bigint", -1},
    {0, "float4", "float4", -1},
    {0, "float8", "double precision", -1},
    {0, "numeric", "numeric_text#", -1},
    {0, "varchar", "varchar#", -1},
    {0, "bpchar", "bpchar#", -1},
    {0, "bytea", "blob", -1},
    {0, "uuid", "uuid", -1},
    {0, "date", "date", -1},
    {0, "time", "time#", -1},
    {0, "timetz", "timetz#", -1},
    {0, "timestamp", "timestamp#", -1},
    {0, "timestamptz", "timestamptz#", -1},
    {0, "interval", "duration_text#", -1},
    {0, "bit", "bit_text#", -1},
    {0, "varbit", "varbit_text#", -1},
    {0, "inet", "inet", -1},
    {0, "cidr", "cidr", -1},
    {0, "macaddr", "macaddr", -1},
    {0, "macaddr8", "macaddr8", -1},
    {0, "text", "text", -1},
};
/* clang-format on */

/* ---- built-in types ----------------------------------------------------------------------- */

static const char *
declared_as(mig__framework framework, const char *base, int32_t scale)
{
    for (size_t i = 0; i < N_OF(table); i++)
        if ((table[i].framework == MIG__FRAMEWORK_NONE || table[i].framework == framework) &&
            strcmp(table[i].base, base) == 0 && (table[i].scale < 0 || table[i].scale == scale))
            return table[i].declared;
    return NULL;
}

static void
put_declared(const char *declared, const mig_limits *limits, mig_buf *type)
{
    size_t len = strcspn(declared, "#");

    mig_buf_add(type, declared, len);
    if (declared[len] != '#')
        return;
    if (limits->precision >= 0)
        mig_buf_printf(type, "(%d,%d)", limits->precision, limits->scale);
    else if (limits->length >= 0)
        mig_buf_printf(type, "(%d)", limits->length);
    else if (limits->scale >= 0)
        mig_buf_printf(type, "(%d)", limits->scale);
}

/* The type's own name, where the way back knows it; else it is a text like any other.  One that has
 * a length without saying so ("char", bit[]) is not the type that the catalog means. */
static void
put_other(const char *base, mig_buf *type)
{
    mig_type_choice choice;

    if (!mig_type_of_name(base, &choice) || choice.limits.length >= 0 || strcmp(base, "name") == 0)
        mig_buf_puts(type, "text");
    else if (strstr(base, "[]") != NULL) /* its texts begin with { or [ */
        mig_buf_puts(type, base);
    else
        mig_buf_printf(type, "%s_text", base);
}

/* numeric(3,-2): only our own word for it is read so (type_rules.c). */
static bool
has_odd_scale(const mig_column *catalog)
{
    return catalog->wire == MIG_WIRE_NUMERIC && catalog->limits.precision >= 0 &&
           (catalog->limits.scale < 0 || catalog->limits.scale > catalog->limits.precision);
}

static void
put_built_in(mig__framework framework, const mig_column *catalog, mig_buf *type)
{
    const char *base = catalog->base + strlen("pg_catalog.");
    char        single[MIG_TYPE_TEXT_MAX];
    const char *declared;

    /* "interval fields 6": year to month */
    snprintf(single, sizeof single, "%.*s", (int)strcspn(base, " "), base);
    if (has_odd_scale(catalog))
        framework = MIG__FRAMEWORK_NONE;
    declared = declared_as(framework, single, catalog->limits.scale);
    if (declared != NULL)
        put_declared(declared, &catalog->limits, type);
    else
        put_other(single, type);
}

/* ---- types that users made ---------------------------------------------------------------- */

/* By the name as format_type() writes it, with or without the schema. */
static const mig_schema_type *
find_type(const mig_schema *schema, const char *name)
{
    const char *point = strrchr(name, '.');

    for (size_t i = 0; i < schema->n_types; i++)
        if (strcmp(schema->types[i].name, name) == 0 ||
            (point != NULL && strcmp(schema->types[i].name, point + 1) == 0))
            return &schema->types[i];
    return NULL;
}

static void
begin_condition(mig_buf *check)
{
    if (check->len > 0)
        mig_buf_puts(check, " AND ");
}

static void
put_labels(const mig_schema_type *type, const char *column, mig_buf *check)
{
    begin_condition(check);
    mig_buf_identifier(check, column);
    mig_buf_puts(check, " IN (");
    for (size_t i = 0; i < type->n_labels; i++) {
        mig_buf_puts(check, i > 0 ? ", " : "");
        mig_buf_literal(check, type->labels[i]);
    }
    mig_buf_puts(check, type->n_labels > 0 ? ")" : "NULL)");
}

static bool
is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80) != 0;
}

/* Behind a quoted piece of SQL that begins at `at`. */
static const char *
behind_quotes(const char *at)
{
    const char quote = *at++;

    while (*at != '\0' && (*at != quote || at[1] == quote))
        at += *at == quote ? 2 : 1;
    return *at == quote ? at + 1 : at;
}

/* A domain's condition with the column where it says VALUE. */
static void
put_condition(const char *expression, const char *column, mig_buf *check)
{
    begin_condition(check);
    mig_buf_puts(check, "(");
    for (const char *at = expression; *at != '\0';) {
        const char *end = at;

        if (*at == '\'' || *at == '"')
            end = behind_quotes(at);
        else
            while (is_name_char(*end))
                end++;
        if (end == at)
            end++;
        if (end - at == 5 && strncasecmp(at, "VALUE", 5) == 0)
            mig_buf_identifier(check, column);
        else
            mig_buf_add(check, at, (size_t)(end - at));
        at = end;
    }
    mig_buf_puts(check, ")");
}

/* The conditions of the column's type, and of what it is made of. */
static const mig_schema_type *
put_conditions(const mig_schema *schema, const mig_schema_column *column, mig_buf *check)
{
    const mig_schema_type *type = find_type(schema, column->type);

    for (int depth = 0; depth < 32 && type != NULL && type->kind == MIG_TYPE_DOMAIN; depth++) {
        if (type->not_null && !column->not_null) {
            begin_condition(check);
            mig_buf_identifier(check, column->name);
            mig_buf_puts(check, " IS NOT NULL");
        }
        for (size_t i = 0; i < type->n_checks; i++)
            put_condition(type->checks[i], column->name, check);
        type = type->base != NULL ? find_type(schema, type->base) : NULL;
    }
    if (type != NULL && type->kind == MIG_TYPE_ENUM)
        put_labels(type, column->name, check);
    return type;
}

bool
mig_type_for_sqlite(const mig_schema *schema, const mig_schema_column *column,
                    const mig_column *catalog, mig_buf *type, mig_buf *check)
{
    const mig_frameworks   frameworks = mig_frameworks_of(schema);
    const mig__framework   framework = mig__framework_of(&frameworks);
    const mig_schema_type *made = put_conditions(schema, column, check);

    if (column->identity != MIG_IDENTITY_NONE &&
        (catalog->wire == MIG_WIRE_INT2 || catalog->wire == MIG_WIRE_INT4 ||
         catalog->wire == MIG_WIRE_INT8))
        mig_buf_puts(type, "INTEGER"); /* no other word makes it the rowid */
    else if (catalog->base != NULL && strncmp(catalog->base, "pg_catalog.", 11) == 0)
        put_built_in(framework, catalog, type);
    else if (made != NULL && made->kind == MIG_TYPE_ENUM && framework == MIG__SEAORM)
        mig_buf_puts(type, "enum_text");
    else
        mig_buf_puts(type, "text");
    return !type->failed && !check->failed;
}

const char *
mig_type_default(const mig_schema *schema, const mig_schema_column *column)
{
    const mig_schema_type *type = find_type(schema, column->type);

    for (int depth = 0; depth < 32 && type != NULL && type->kind == MIG_TYPE_DOMAIN; depth++) {
        if (type->default_value != NULL)
            return type->default_value;
        type = type->base != NULL ? find_type(schema, type->base) : NULL;
    }
    return NULL;
}
