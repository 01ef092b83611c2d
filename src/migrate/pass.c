/*
 * pass.c - what passes from one typed database to another without being looked
 * into.
 *
 * The target's server changes some values silently to fit its column: it cuts
 * the blanks behind varchar(n), rounds numeric(p,s) and timestamp(n).  So bytes
 * pass only where the source's column cannot hold such a value.
 */
#include "pass.h"

#include <string.h>

/* Digits of a second that a time has in any case. */
#define MICROSECONDS 6

static bool
numeric_holds(const mig_limits *from, const mig_limits *to)
{
    if (to->precision < 0)
        return true;
    return from->precision >= 0 && from->scale <= to->scale &&
           from->precision - from->scale <= to->precision - to->scale;
}

static bool
seconds_hold(const mig_limits *from, const mig_limits *to)
{
    return to->scale < 0 || to->scale >= MICROSECONDS ||
           (from->scale >= 0 && from->scale <= to->scale);
}

static bool
length_holds(const mig_limits *from, const mig_limits *to)
{
    return to->length < 0 || (from->length >= 0 && from->length <= to->length);
}

/* What has seconds. */
static bool
is_time(mig_wire_type wire)
{
    return wire == MIG_WIRE_TIME || wire == MIG_WIRE_TIMETZ || wire == MIG_WIRE_TIMESTAMP ||
           wire == MIG_WIRE_TIMESTAMPTZ || wire == MIG_WIRE_INTERVAL;
}

/* What may be shorter than its column's length. */
static bool
varies(mig_wire_type wire)
{
    return wire == MIG_WIRE_TEXT || wire == MIG_WIRE_BPCHAR || wire == MIG_WIRE_VARBIT;
}

bool
mig__limits_hold(const mig_column *from, const mig_column *to)
{
    const mig_limits *a = &from->limits, *b = &to->limits;

    if (from->wire == MIG_WIRE_NUMERIC)
        return numeric_holds(a, b);
    if (is_time(from->wire))
        return seconds_hold(a, b);
    if (varies(from->wire))
        return length_holds(a, b);
    return a->length == b->length && a->precision == b->precision && a->scale == b->scale;
}

/* The rest of a base type's name if it is one of this schema's own; else all of it. */
static const char *
own_name(const mig_catalog *catalog, const char *base, bool *ownp)
{
    size_t len = strlen(catalog->schema);

    *ownp = strncmp(base, catalog->schema, len) == 0 && base[len] == '.';
    return *ownp ? base + len + 1 : base;
}

/* Types of the two schemas are the same by their names: the one was made after the other. */
static bool
same_base(const mig__sides *both, const mig_column *from, const mig_column *to)
{
    const char *a, *b;
    bool        own_a, own_b;

    if (from->base == NULL || to->base == NULL)
        return false;
    a = own_name(both->source, from->base, &own_a);
    b = own_name(both->target, to->base, &own_b);
    return own_a == own_b && strcmp(a, b) == 0;
}

bool
mig__pass_through(const mig__sides *both, const mig_column *from, const mig_column *to,
                  mig_wire_type *wirep)
{
    bool same = same_base(both, from, to);
    bool opaque = same && from->opaque && to->opaque;
    /* Without a length the blanks at the end are the value's own; a char(n) gets them again. */
    bool blanks = from->wire == MIG_WIRE_BPCHAR && to->limits.length < 0;

    if (!mig__limits_hold(from, to))
        return false;
    if (opaque && (blanks || from->wire == MIG_WIRE_LITERAL || to->wire == MIG_WIRE_NONE)) {
        *wirep = MIG_WIRE_OPAQUE;
        return true;
    }
    if (from->wire != to->wire || from->wire == MIG_WIRE_NONE ||
        (from->wire == MIG_WIRE_LITERAL && !same))
        return false;
    *wirep = from->wire;
    return true;
}

/* The input function of `name` cuts silently what is too long, which its receive function refuses.
 */
static bool
cuts_text(const mig_column_plan *column)
{
    static const char name[] = "pg_catalog.name";
    const char       *to = column->target != NULL ? column->target->base : NULL;
    const char       *from = column->source->base;

    return to != NULL && strcmp(to, name) == 0 && (from == NULL || strcmp(from, name) != 0);
}

const mig_column_plan *
mig__pass_as_text(mig_table_plan *table)
{
    bool literal = false;

    for (size_t i = 0; i < table->n_columns; i++)
        literal = literal || table->columns[i].wire == MIG_WIRE_LITERAL;
    for (size_t i = 0; literal && i < table->n_columns; i++) {
        if (cuts_text(&table->columns[i]))
            return &table->columns[i];
        if (table->columns[i].wire != MIG_WIRE_OPAQUE)
            continue;
        if (table->columns[i].source->wire == MIG_WIRE_NONE)
            return &table->columns[i];
        table->columns[i].wire = table->columns[i].read = MIG_WIRE_LITERAL;
    }
    return NULL;
}
