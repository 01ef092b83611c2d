/*
 * column_type.c - types and their modifiers, as wire types and limits.
 *
 * Types are told by OID where they are built in (src/include/catalog/pg_type.dat:
 * these numbers never change), else by their kind and by the function that
 * receives them, never by a name alone: anybody may call a type of his own
 * citext.
 *
 * Binary forms that servers agree on pass between two of them as they are:
 * built-in types, and arrays and ranges of those.  What a user or an extension
 * made carries OIDs of its database in it, or is whatever its version says.
 */
#include "column_type.h"

#include <stdlib.h>
#include <string.h>

enum { BASE_OID, ELEMENT_OID, TYPMOD, KIND, SCHEMA, NAME, HAS_BINARY, IS_TEXT, MADE_OF };

/* OIDs below are assigned by hand, the same in every database. */
#define FIRST_GENERATED_OID 10000

#define CHAR_OID     18
#define MONEY_OID    790
#define BPCHAR_OID   1042
#define INTERVAL_OID 1186

/* src/include/utils/timestamp.h: INTERVAL_RANGE(typmod), INTERVAL_PRECISION(typmod) */
#define INTERVAL_FULL_RANGE     0x7FFF
#define INTERVAL_FULL_PRECISION 0xFFFF

static mig_wire_type
wire_of_built_in(unsigned long oid)
{
    static const struct {
        unsigned long oid;
        mig_wire_type wire;
    } types[] = {
        {16, MIG_WIRE_BOOL},
        {17, MIG_WIRE_BYTEA},
        {19, MIG_WIRE_TEXT},
        {20, MIG_WIRE_INT8},
        {21, MIG_WIRE_INT2},
        {23, MIG_WIRE_INT4},
        {25, MIG_WIRE_TEXT},
        {114, MIG_WIRE_JSON},
        {142, MIG_WIRE_XML},
        {650, MIG_WIRE_CIDR},
        {700, MIG_WIRE_FLOAT4},
        {701, MIG_WIRE_FLOAT8},
        {774, MIG_WIRE_MACADDR8},
        {MONEY_OID, MIG_WIRE_MONEY},
        {829, MIG_WIRE_MACADDR},
        {869, MIG_WIRE_INET},
        {BPCHAR_OID, MIG_WIRE_BPCHAR},
        {1043, MIG_WIRE_TEXT},
        {1082, MIG_WIRE_DATE},
        {1083, MIG_WIRE_TIME},
        {1114, MIG_WIRE_TIMESTAMP},
        {1184, MIG_WIRE_TIMESTAMPTZ},
        {INTERVAL_OID, MIG_WIRE_INTERVAL},
        {1266, MIG_WIRE_TIMETZ},
        {1560, MIG_WIRE_BIT},
        {1562, MIG_WIRE_VARBIT},
        {1700, MIG_WIRE_NUMERIC},
        {2950, MIG_WIRE_UUID},
        {3802, MIG_WIRE_JSONB},
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].oid == oid)
            return types[i].wire;
    return MIG_WIRE_LITERAL;
}

/* oid, the reg* types, oidvector, and what else numbers things of one database or one server. */
static bool
names_objects(unsigned long oid)
{
    static const unsigned long oids[] = {24,   26,   30,   1033, 2202, 2203, 2204,
                                         2205, 2206, 3734, 3769, 4089, 4096, 4191,
                                         28,   29,   27,   5069, 2970, 5038, 3220};

    for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
        if (oids[i] == oid)
            return true;
    return false;
}

/* numeric(p,s): s in the lower 11 bits, with a sign (src/backend/utils/adt/numeric.c). */
static int32_t
scale_of_numeric(long typmod)
{
    return (int32_t)((((typmod - 4) & 0x7FF) ^ 1024) - 1024);
}

static mig_limits
limits_of(unsigned long oid, long typmod)
{
    mig_limits    limits = MIG_LIMITS_NONE;
    mig_wire_type wire = wire_of_built_in(oid);

    if (oid == CHAR_OID)
        limits.length = 1;
    if (typmod < 0)
        return limits;
    if (wire == MIG_WIRE_TEXT || wire == MIG_WIRE_BPCHAR) {
        limits.length = (int32_t)typmod - 4;
    } else if (wire == MIG_WIRE_BIT || wire == MIG_WIRE_VARBIT) {
        limits.length = (int32_t)typmod;
    } else if (wire == MIG_WIRE_NUMERIC) {
        limits.precision = (int32_t)((typmod - 4) >> 16 & 0xFFFF);
        limits.scale = scale_of_numeric(typmod);
    } else if (wire != MIG_WIRE_INTERVAL) { /* what is left are times */
        limits.scale = (int32_t)typmod;
    } else if ((typmod & 0xFFFF) != INTERVAL_FULL_PRECISION) {
        limits.scale = (int32_t)(typmod & 0xFFFF);
    }
    return limits;
}

/* interval year to month and its like, which drop the other fields silently. */
static bool
drops_fields(unsigned long oid, long typmod)
{
    return oid == INTERVAL_OID && typmod >= 0 && (typmod >> 16 & 0x7FFF) != INTERVAL_FULL_RANGE;
}

static unsigned long
oid_at(const PGresult *res, int row, int column)
{
    return strtoul(PQgetvalue(res, row, column), NULL, 10);
}

static bool
set_base(mig_column *column, const PGresult *res, int row, int first, long dropped)
{
    mig_buf     base = MIG_BUF_INIT;
    const char *made_of = PQgetvalue(res, row, first + MADE_OF);

    mig_buf_printf(&base, "%s.%s%s", PQgetvalue(res, row, first + SCHEMA),
                   PQgetvalue(res, row, first + NAME),
                   oid_at(res, row, first + ELEMENT_OID) != 0 ? "[]" : "");
    if (made_of[0] != '\0')
        mig_buf_printf(&base, " of %s", made_of);
    if (dropped != 0)
        mig_buf_printf(&base, " fields %ld", dropped);
    if (base.failed) {
        mig_buf_fini(&base);
        return false;
    }
    free(column->base);
    column->base = base.data;
    return true;
}

bool
mig__column_type_set(mig_column *column, mig__side side, const PGresult *res, int row, int first)
{
    unsigned long oid = oid_at(res, row, first + BASE_OID);
    unsigned long element = oid_at(res, row, first + ELEMENT_OID);
    unsigned long single = element != 0 ? element : oid;
    long          typmod = strtol(PQgetvalue(res, row, first + TYPMOD), NULL, 10);
    char          kind = PQgetvalue(res, row, first + KIND)[0];
    bool          built_in = oid < FIRST_GENERATED_OID && single < FIRST_GENERATED_OID;
    bool          dropping = built_in && drops_fields(single, typmod);

    if (built_in)
        column->wire = wire_of_built_in(oid);
    else
        column->wire = kind == 'e' || mig__query_true(res, row, first + IS_TEXT) ? MIG_WIRE_TEXT
                                                                                 : MIG_WIRE_LITERAL;
    if (built_in)
        column->limits = limits_of(single, typmod);
    else if (typmod >= 0)
        column->limits.length = (int32_t)typmod; /* whatever it means there */
    else if (strchr(PQgetvalue(res, row, first + MADE_OF), '(') != NULL)
        column->limits.length = 0; /* a field has some */
    column->object_ids = built_in && names_objects(single);
    column->opaque = built_in && kind != 'c' && kind != 'p' && !column->object_ids &&
                     mig__query_true(res, row, first + HAS_BINARY);
    if (dropping && side == MIG__SIDE_TARGET)
        column->wire = MIG_WIRE_NONE;
    if (single == MONEY_OID && element != 0) /* its text depends on lc_monetary */
        column->wire = MIG_WIRE_NONE;
    return set_base(column, res, row, first, dropping ? typmod >> 16 & 0x7FFF : 0);
}

static bool
is_money(const mig_column *column)
{
    return strcmp(column->base, "pg_catalog.money") == 0 ||
           strcmp(column->base, "pg_catalog.money[]") == 0;
}

static bool
has_money(const mig_catalog *catalog)
{
    for (size_t t = 0; t < catalog->n_tables; t++)
        for (size_t c = 0; c < catalog->tables[t].n_columns; c++)
            if (is_money(&catalog->tables[t].columns[c]))
                return true;
    return false;
}

mig_status
mig__column_type_money(mig__session *session, mig__side side, mig_catalog *catalog, mig_error *err)
{
    /* One unit in the smallest ones: 100 where there are two digits behind the point. */
    static const char sql[] =
        "SELECT ('x' || pg_catalog.encode(pg_catalog.cash_send(1::pg_catalog.money), 'hex'))"
        "::pg_catalog.bit(64)::pg_catalog.int8";
    mig_status st = MIG_OK;
    PGresult  *res = NULL;
    int32_t    scale = 0;

    if (!has_money(catalog))
        return MIG_OK;
    MIG_TRY(mig__query_rows(session,
                            side == MIG__SIDE_SOURCE ? "cannot ask the source what money it uses"
                                                     : "cannot ask the target what money it uses",
                            sql, 0, NULL, &res, err));
    for (long long unit = strtoll(PQgetvalue(res, 0, 0), NULL, 10); unit >= 10; unit /= 10)
        scale++;
    for (size_t t = 0; t < catalog->n_tables; t++)
        for (size_t c = 0; c < catalog->tables[t].n_columns; c++)
            if (is_money(&catalog->tables[t].columns[c]))
                catalog->tables[t].columns[c].limits.scale = scale;
done:
    PQclear(res);
    return st;
}
