/*
 * conversion.c - in which types one column's values travel.
 *
 *   SQLite -> PostgreSQL      encoded into the type of the target's column
 *   PostgreSQL -> SQLite      in the type of the source's column, decoded by the target
 *   PostgreSQL -> PostgreSQL  as they are, where the types are equal and the target's modifiers
 *                             take all that the source's allow; else decoded and encoded again
 *   SQLite -> SQLite          dynamic
 *
 * A type without codec here travels in its text form (LITERAL), or between two
 * columns of one type whose bytes mean the same everywhere as it is (OPAQUE).
 *
 * Pure.
 */
#include "conversion.h"

#include <string.h>

#include "cast.h"
#include "pass.h"

/* The last cast that means the column, or NULL. */
static const mig_cast *
cast_of(const mig_plan_rules *rules, const char *table, const char *column)
{
    for (size_t i = rules->n_casts; i > 0; i--)
        if (mig_cast_matches(&rules->casts[i - 1], table, column))
            return &rules->casts[i - 1];
    return NULL;
}

/* ---- what can become of what -------------------------------------------------------------- */

enum { INTEGER = 1, REAL = 2, TEXT = 4, BLOB = 8 };

/* The storage classes in which values of a wire type are decoded. */
static unsigned
classes_out(mig_wire_type wire)
{
    static const struct {
        mig_wire_type wire;
        unsigned      classes;
    } other_than_text[] = {
        {MIG_WIRE_BOOL, INTEGER},
        {MIG_WIRE_INT2, INTEGER},
        {MIG_WIRE_INT4, INTEGER},
        {MIG_WIRE_INT8, INTEGER},
        {MIG_WIRE_FLOAT4, REAL | TEXT},
        {MIG_WIRE_FLOAT8, REAL | TEXT},
        {MIG_WIRE_BYTEA, BLOB},
        {MIG_WIRE_NUMERIC, INTEGER | REAL | TEXT},
        {MIG_WIRE_NONE, 0},
        {MIG_WIRE_MONEY, 0},
        {MIG_WIRE_OPAQUE, 0},
        {MIG_WIRE_DYNAMIC, INTEGER | REAL | TEXT | BLOB},
    };

    for (size_t i = 0; i < sizeof other_than_text / sizeof other_than_text[0]; i++)
        if (other_than_text[i].wire == wire)
            return other_than_text[i].classes;
    return TEXT;
}

/* The storage classes of which some values can be encoded in a wire type. */
static unsigned
classes_in(mig_wire_type wire, unsigned rules, mig_unit unit)
{
    const unsigned numbers = INTEGER | REAL;

    switch (wire) {
    case MIG_WIRE_BOOL:
    case MIG_WIRE_INT2:
    case MIG_WIRE_INT4:
    case MIG_WIRE_INT8:
    case MIG_WIRE_FLOAT4:
    case MIG_WIRE_FLOAT8:
    case MIG_WIRE_NUMERIC:
    case MIG_WIRE_MONEY:
    case MIG_WIRE_JSON:
    case MIG_WIRE_JSONB:
    case MIG_WIRE_LITERAL:
        return numbers | TEXT;
    case MIG_WIRE_TEXT:
    case MIG_WIRE_BPCHAR:
    case MIG_WIRE_XML:
        return TEXT | ((rules & MIG_RULE_NUMBER) != 0 ? numbers : 0) |
               ((rules & (MIG_RULE_UTF8 | MIG_RULE_HEX | MIG_RULE_BASE64)) != 0 ? BLOB : 0);
    case MIG_WIRE_BYTEA:
        return BLOB | ((rules & (MIG_RULE_UTF8 | MIG_RULE_HEX | MIG_RULE_BASE64)) != 0 ? TEXT : 0);
    case MIG_WIRE_UUID:
        return TEXT | BLOB;
    case MIG_WIRE_DATE:
    case MIG_WIRE_TIME:
    case MIG_WIRE_TIMETZ:
    case MIG_WIRE_TIMESTAMP:
    case MIG_WIRE_TIMESTAMPTZ:
    case MIG_WIRE_INTERVAL:
        return TEXT | (unit != MIG_UNIT_NONE ? numbers : 0);
    case MIG_WIRE_BIT:
    case MIG_WIRE_VARBIT:
        return TEXT | INTEGER;
    case MIG_WIRE_INET:
    case MIG_WIRE_CIDR:
    case MIG_WIRE_MACADDR:
    case MIG_WIRE_MACADDR8:
        return TEXT;
    case MIG_WIRE_NONE:
    case MIG_WIRE_OPAQUE:
    case MIG_WIRE_DYNAMIC:
        break;
    }
    return 0;
}

/* ---- choosing ----------------------------------------------------------------------------- */

static bool
misfit(const char *table, const mig_column_plan *column, const char *why, mig_buf *misfits)
{
    mig_buf_printf(misfits, "%s.%s: values of type %s cannot become %s%s\n", table,
                   column->target->name,
                   column->source->type[0] != '\0' ? column->source->type : "any",
                   column->target->type[0] != '\0' ? column->target->type : "any", why);
    return false;
}

/* Types whose values are the texts they are written as. */
static bool
is_text(mig_wire_type wire)
{
    return wire == MIG_WIRE_TEXT || wire == MIG_WIRE_BPCHAR || wire == MIG_WIRE_XML ||
           wire == MIG_WIRE_JSON || wire == MIG_WIRE_JSONB;
}

/* Types whose texts have a form that no other type's have. */
enum { NO_FORM, TIMES, ADDRESSES, UUIDS };

static int
form_of(mig_wire_type wire)
{
    static const struct {
        mig_wire_type wire;
        int           form;
    } forms[] = {
        {MIG_WIRE_DATE, TIMES},        {MIG_WIRE_TIME, TIMES},
        {MIG_WIRE_TIMETZ, TIMES},      {MIG_WIRE_TIMESTAMP, TIMES},
        {MIG_WIRE_TIMESTAMPTZ, TIMES}, {MIG_WIRE_INTERVAL, TIMES},
        {MIG_WIRE_INET, ADDRESSES},    {MIG_WIRE_CIDR, ADDRESSES},
        {MIG_WIRE_MACADDR, ADDRESSES}, {MIG_WIRE_MACADDR8, ADDRESSES},
        {MIG_WIRE_UUID, UUIDS},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].wire == wire)
            return forms[i].form;
    return NO_FORM;
}

/* Whether the text that a value becomes on its way may be one of the other type. */
static bool
forms_agree(mig_wire_type read, mig_wire_type wire, mig_unit unit)
{
    const int  from = form_of(read), to = form_of(wire);
    const bool number = (classes_out(read) & (INTEGER | REAL)) != 0;

    if (from != NO_FORM)
        return from == to || wire == MIG_WIRE_LITERAL || is_text(wire);
    return !number || to == NO_FORM || (to == TIMES && unit != MIG_UNIT_NONE);
}

/*
 * Of arrays and composites the parts have limits: the server cuts the blanks and rounds the digits
 * of each, and nobody here looks into the text.  "char" keeps one byte of any text.
 */
static bool
changes_silently(const mig_column *to)
{
    return to->wire == MIG_WIRE_LITERAL && (to->limits.length >= 0 || to->limits.precision >= 0 ||
                                            (to->limits.scale >= 0 && to->limits.scale < 6));
}

static bool
choose_between_servers(const char *table, mig_column_plan *column, mig_buf *misfits)
{
    const mig_column *from = column->source, *to = column->target;

    column->wire = to->wire;
    column->limits = to->limits;
    column->read = from->wire == MIG_WIRE_MONEY ? MIG_WIRE_NUMERIC : from->wire;
    /* A single's own decimal, 0.1, is no double's. */
    if (column->wire == MIG_WIRE_LITERAL ||
        (column->wire == MIG_WIRE_NUMERIC && column->read == MIG_WIRE_FLOAT4) ||
        (is_text(column->wire) && !is_text(column->read) && column->read != MIG_WIRE_BYTEA))
        column->read = MIG_WIRE_LITERAL;
    if ((classes_out(column->read) & classes_in(column->wire, column->rules, column->unit)) == 0 ||
        !forms_agree(column->read, column->wire, column->unit))
        return misfit(table, column, "", misfits);
    return true;
}

static bool
choose_wires(const mig__sides *sides, const char *table, mig_column_plan *column, mig_buf *misfits)
{
    const mig_column *from = column->source, *to = column->target;

    column->limits = (mig_limits)MIG_LIMITS_NONE;
    if (sides->source->dynamic && sides->target->dynamic) {
        column->wire = column->read = MIG_WIRE_DYNAMIC;
        return true;
    }
    if (!sides->source->dynamic && !sides->target->dynamic && column->rules == 0 &&
        mig__pass_through(sides, from, to, &column->wire)) {
        column->read = column->wire;
        return true;
    }
    if (!sides->source->dynamic && from->wire == MIG_WIRE_NONE)
        return misfit(table, column, ": the source's type is not known here", misfits);
    if (!sides->target->dynamic && to->wire == MIG_WIRE_NONE)
        return misfit(table, column, ": the target's type is not known here", misfits);
    if (!sides->target->dynamic && changes_silently(to))
        return misfit(table, column, ": its server would cut or round values silently", misfits);
    if (sides->source->dynamic) {
        column->wire = column->read = to->wire;
        column->limits = to->limits;
        return true;
    }
    if (sides->target->dynamic) {
        column->wire = from->wire == MIG_WIRE_MONEY ? MIG_WIRE_NUMERIC : from->wire;
        column->read = column->wire;
        return true;
    }
    return choose_between_servers(table, column, misfits);
}

/* What the user said, or the declared types say. */
static bool
apply_cast(const mig__sides *sides, const char *table, const mig_plan_rules *rules,
           mig_column_plan *column, mig_buf *misfits)
{
    const mig_cast *cast = cast_of(rules, table, column->target->name);

    column->zone = rules->zone;
    column->store = MIG_STORE_USUAL;
    column->rules = rules->comparing && sides->source->dynamic
                        ? MIG_RULE_NUMBER | MIG_RULE_UTF8 | MIG_RULE_DAY
                        : 0;
    column->unit =
        mig_unit_of_type(sides->source->dynamic ? column->source->type : column->target->type);
    if (!sides->source->dynamic && !sides->target->dynamic)
        column->unit = MIG_UNIT_NONE;
    if (cast == NULL)
        return true;
    column->rules = cast->rules;
    if (cast->unit != MIG_UNIT_NONE)
        column->unit = cast->unit;
    if (sides->target->dynamic ? mig__cast_store(cast->type, &column->store)
                               : mig__cast_is_type(cast->type, column->target))
        return true;
    mig_buf_printf(misfits, "%s.%s: --cast says %s, the target's column is %s, which it keeps\n",
                   table, column->target->name, cast->type, column->target->type);
    return false;
}

/*
 * An array, domains resolved.  In one of json the strings of a JSON array would lose their quotes,
 * and be read as something else.
 */
static bool
takes_json_arrays(const char *base)
{
    return base != NULL && strstr(base, "[]") != NULL && strcmp(base, "pg_catalog.json[]") != 0 &&
           strcmp(base, "pg_catalog.jsonb[]") != 0;
}

bool
mig__conversion_choose(const mig__sides *sides, const char *table, const mig_plan_rules *rules,
                       mig_column_plan *column, mig_buf *misfits)
{
    if (!apply_cast(sides, table, rules, column, misfits) ||
        !choose_wires(sides, table, column, misfits))
        return false;
    column->array = takes_json_arrays(column->target->base);
    column->money_digits =
        column->target->wire == MIG_WIRE_MONEY && column->target->limits.scale >= 0
            ? (int)column->target->limits.scale
            : 2;
    return true;
}

void
mig__conversion_check_casts(const mig_plan *plan, const mig_plan_rules *rules, mig_buf *misfits)
{
    for (size_t i = 0; i < rules->n_casts; i++) {
        bool meant = false;

        for (size_t t = 0; t < plan->n_tables && !meant; t++)
            for (size_t c = 0; c < plan->tables[t].n_columns && !meant; c++)
                meant = mig_cast_matches(&rules->casts[i], plan->tables[t].target->name,
                                         plan->tables[t].columns[c].target->name);
        if (!meant)
            mig_buf_printf(misfits, "--cast %s.%s: no column that is copied has this name\n",
                           rules->casts[i].table, rules->casts[i].column);
    }
}
