/*
 * type_names.c - PostgreSQL's built-in types by their names.
 *
 * What is said of each here is what the catalog of a server says of a column of
 * it.  Types that number things of their own database (oid, regclass) are not
 * among them: no column that a mirror makes is to hold such numbers.
 */
#include <stdio.h>
#include <string.h>

#include "type_text.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

typedef enum takes {
    TAKES_NOTHING,
    TAKES_LENGTH,
    TAKES_DIGITS,   /* of a decimal: precision and scale */
    TAKES_FRACTION, /* digits of a second's fraction */
} takes;

typedef struct pg_type {
    const char   *base;   /* pg_type.typname */
    const char   *name;   /* as format_type() begins it */
    const char   *zone;   /* and ends it, behind the modifiers */
    const char   *others; /* further spellings, with | around each */
    mig_wire_type wire;
    takes         takes;
} pg_type;

#define LITERAL(name)                                                                              \
    {                                                                                              \
        name, name, "", "", MIG_WIRE_LITERAL, TAKES_NOTHING                                        \
    }
#define PLAIN(name, wire)                                                                          \
    {                                                                                              \
        name, name, "", "", wire, TAKES_NOTHING                                                    \
    }

/* clang-format off */
static const pg_type types[] = {
    {"bool", "boolean", "", "", MIG_WIRE_BOOL, TAKES_NOTHING},
    {"int2", "smallint", "", "", MIG_WIRE_INT2, TAKES_NOTHING},
    {"int4", "integer", "", "|int|", MIG_WIRE_INT4, TAKES_NOTHING},
    {"int8", "bigint", "", "", MIG_WIRE_INT8, TAKES_NOTHING},
    {"float4", "real", "", "", MIG_WIRE_FLOAT4, TAKES_NOTHING},
    {"float8", "double precision", "", "|float|", MIG_WIRE_FLOAT8, TAKES_NOTHING},
    {"numeric", "numeric", "", "|decimal|dec|", MIG_WIRE_NUMERIC, TAKES_DIGITS},
    PLAIN("money", MIG_WIRE_MONEY),
    PLAIN("text", MIG_WIRE_TEXT),
    {"varchar", "character varying", "",
     "|char varying|national character varying|national char varying|nchar varying|",
     MIG_WIRE_TEXT, TAKES_LENGTH},
    /* without a length: bpchar as it is, the other spellings of length 1 */
    {"bpchar", "character", "", "|char|national character|national char|nchar|",
     MIG_WIRE_BPCHAR, TAKES_LENGTH},
    PLAIN("name", MIG_WIRE_TEXT),
    PLAIN("xml", MIG_WIRE_XML),
    PLAIN("bytea", MIG_WIRE_BYTEA),
    PLAIN("uuid", MIG_WIRE_UUID),
    PLAIN("date", MIG_WIRE_DATE),
    {"time", "time", " without time zone", "", MIG_WIRE_TIME, TAKES_FRACTION},
    {"timetz", "time", " with time zone", "", MIG_WIRE_TIMETZ, TAKES_FRACTION},
    {"timestamp", "timestamp", " without time zone", "", MIG_WIRE_TIMESTAMP, TAKES_FRACTION},
    {"timestamptz", "timestamp", " with time zone", "", MIG_WIRE_TIMESTAMPTZ, TAKES_FRACTION},
    {"interval", "interval", "", "", MIG_WIRE_INTERVAL, TAKES_FRACTION},
    PLAIN("json", MIG_WIRE_JSON),
    PLAIN("jsonb", MIG_WIRE_JSONB),
    PLAIN("inet", MIG_WIRE_INET),
    PLAIN("cidr", MIG_WIRE_CIDR),
    PLAIN("macaddr", MIG_WIRE_MACADDR),
    PLAIN("macaddr8", MIG_WIRE_MACADDR8),
    {"bit", "bit", "", "", MIG_WIRE_BIT, TAKES_LENGTH},
    {"varbit", "bit varying", "", "", MIG_WIRE_VARBIT, TAKES_LENGTH},
    LITERAL("point"), LITERAL("line"), LITERAL("lseg"), LITERAL("box"), LITERAL("path"),
    LITERAL("polygon"), LITERAL("circle"),
    LITERAL("tsvector"), LITERAL("tsquery"), LITERAL("jsonpath"),
    LITERAL("int4range"), LITERAL("int8range"), LITERAL("numrange"), LITERAL("tsrange"),
    LITERAL("tstzrange"), LITERAL("daterange"),
    LITERAL("int4multirange"), LITERAL("int8multirange"), LITERAL("nummultirange"),
    LITERAL("tsmultirange"), LITERAL("tstzmultirange"), LITERAL("datemultirange"),
};
/* clang-format on */

static bool
is_listed(const char *list, const char *name)
{
    char wanted[MIG_TYPE_TEXT_MAX + 2];

    snprintf(wanted, sizeof wanted, "|%s|", name);
    return strstr(list, wanted) != NULL;
}

static bool
is_named(const pg_type *type, const char *words)
{
    char   canonical[MIG_TYPE_TEXT_MAX];
    size_t len = strlen(type->name);

    snprintf(canonical, sizeof canonical, "%s%s", type->name, type->zone);
    return strcmp(words, type->base) == 0 || strcmp(words, canonical) == 0 ||
           is_listed(type->others, words) ||
           /* "time" without a word about zones has none */
           (strcmp(type->zone, " without time zone") == 0 && strncmp(words, type->name, len) == 0 &&
            words[len] == '\0');
}

static const pg_type *
find(mig__type_text *name)
{
    const char *words =
        strncmp(name->words, "pg_catalog.", 11) == 0 ? name->words + 11 : name->words;

    /* float(p) is one of the two floats by its binary digits. */
    if (strcmp(words, "float") == 0 && name->n_modifiers == 1) {
        if (name->modifiers[0] < 1 || name->modifiers[0] > 53)
            return NULL;
        name->n_modifiers = 0;
        words = name->modifiers[0] < 25 ? "float4" : "float8";
    }
    for (size_t i = 0; i < N_OF(types); i++)
        if (is_named(&types[i], words))
            return &types[i];
    return NULL;
}

/* ---- modifiers ---------------------------------------------------------------------------- */

static bool
set_length(const pg_type *type, const mig__type_text *name, mig_type_choice *choice)
{
    const bool    bits = type->wire == MIG_WIRE_BIT || type->wire == MIG_WIRE_VARBIT;
    const int32_t most = bits ? 83886080 : 10485760;

    if (name->n_modifiers == 0 && type->wire == MIG_WIRE_BPCHAR &&
        strcmp(name->words, "bpchar") == 0) {
        snprintf(choice->type, sizeof choice->type, "bpchar");
        return true;
    }
    if (name->n_modifiers == 0 && type->wire != MIG_WIRE_BPCHAR && type->wire != MIG_WIRE_BIT)
        return true;
    choice->limits.length = name->n_modifiers == 0 ? 1 : name->modifiers[0];
    if (name->n_modifiers > 1 || choice->limits.length < 1 || choice->limits.length > most)
        return false;
    snprintf(choice->type, sizeof choice->type, "%s(%d)", type->name, choice->limits.length);
    return true;
}

static bool
set_digits(const mig__type_text *name, mig_type_choice *choice)
{
    if (name->n_modifiers == 0)
        return true;
    choice->limits.precision = name->modifiers[0];
    choice->limits.scale = name->n_modifiers == 2 ? name->modifiers[1] : 0;
    snprintf(choice->type, sizeof choice->type, "numeric(%d,%d)", choice->limits.precision,
             choice->limits.scale);
    return choice->limits.precision >= 1 && choice->limits.precision <= 1000 &&
           choice->limits.scale >= -1000 && choice->limits.scale <= 1000;
}

static bool
set_fraction(const pg_type *type, const mig__type_text *name, mig_type_choice *choice)
{
    if (name->n_modifiers == 0)
        return true;
    if (name->n_modifiers > 1 || name->modifiers[0] < 0)
        return false;
    choice->limits.scale = name->modifiers[0] > 6 ? 6 : name->modifiers[0]; /* as servers do */
    snprintf(choice->type, sizeof choice->type, "%s(%d)%s", type->name, choice->limits.scale,
             type->zone);
    return true;
}

static bool
set_modifiers(const pg_type *type, const mig__type_text *name, mig_type_choice *choice)
{
    switch (type->takes) {
    case TAKES_NOTHING:
        return name->n_modifiers == 0;
    case TAKES_LENGTH:
        return set_length(type, name, choice);
    case TAKES_DIGITS:
        return set_digits(name, choice);
    case TAKES_FRACTION:
        return set_fraction(type, name, choice);
    }
    return false;
}

bool
mig_type_of_name(const char *text, mig_type_choice *choice)
{
    mig__type_text name;
    const pg_type *type;

    *choice = (mig_type_choice){.limits = MIG_LIMITS_NONE, .why = "named"};
    if (!mig__type_read(text, &name) || name.n_modifiers < 0 || (type = find(&name)) == NULL)
        return false;
    choice->wire = type->wire;
    snprintf(choice->type, sizeof choice->type, "%s%s", type->name, type->zone);
    snprintf(choice->base, sizeof choice->base, "pg_catalog.%s%s", type->base,
             name.array ? "[]" : "");
    if (!set_modifiers(type, &name, choice))
        return false;
    if (name.array) {
        if (type->wire == MIG_WIRE_MONEY) /* its text depends on lc_monetary */
            return false;
        choice->wire = MIG_WIRE_LITERAL;
        strncat(choice->type, "[]", sizeof choice->type - strlen(choice->type) - 1);
    }
    return true;
}
