/*
 * columns.c - the target's tables, and what their columns are besides a type.
 *
 * What SQLite fills by itself, a rowid under another name, becomes an identity
 * column and the other way round.  A generated column whose expression means
 * nothing in the target becomes an ordinary one, and its values are copied: the
 * plan looks at the target's column alone.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

/* Servers from here on have generated columns that are stored, and ones that are not. */
#define VERSION_STORED  120000
#define VERSION_VIRTUAL 180000
/* ... and collations that take texts for equal which differ. */
#define VERSION_NONDETERMINISTIC 120000

static void
tell(mig__making *m, const mig__making_column *column, mig_decision_kind kind, const char *text,
     const char *sql)
{
    mig__making_tell(m, (mig_decision){.kind = kind,
                                       .table = m->mirror->tables[column->table].name,
                                       .what = mig__making_what(m, column),
                                       .text = text,
                                       .sql = sql});
}

/* ---- collations --------------------------------------------------------------------------- */

const char *
mig__making_nocase_name(mig__making *m)
{
    mig_buf name = MIG_BUF_INIT;

    if (!m->rules->icu || (m->rules->server != 0 && m->rules->server < VERSION_NONDETERMINISTIC))
        return NULL;
    mig_buf_identifier(&name, m->out->name);
    mig_buf_puts(&name, ".");
    mig_buf_identifier(&name, "nocase");
    return mig__making_take(m, &name);
}

/* The collation that folds case, made with the first column or index that needs it. */
static const char *
nocase(mig__making *m)
{
    const char        *name = mig__making_nocase_name(m);
    mig_schema_object *object;

    if (name == NULL || m->nocase)
        return name;
    m->nocase = true;
    object = mig_schema_add_object(m->out, MIG_OBJECT_OTHER, "nocase");
    if (!mig__making_has(m, object))
        return name;
    object->sql = mig__making_print(m,
                                    "CREATE COLLATION IF NOT EXISTS %s (provider = icu, locale = "
                                    "'und-u-ks-level2', deterministic = false)",
                                    name);
    mig__making_tell(
        m, (mig_decision){.kind = MIG_DECISION_CHANGED,
                          .what = "collation nocase",
                          .text = "stands for NOCASE: it folds all letters, not those of ASCII "
                                  "alone, takes canonically equivalent texts for equal, and orders "
                                  "by language, not by bytes; LIKE does not work on such columns "
                                  "before PostgreSQL 18",
                          .sql = object->sql});
    return name;
}

/* PostgreSQL's own order of bytes. */
static bool
is_bytewise(const char *collation)
{
    static const char *const names[] = {
        "BINARY", "\"C\"",         "C",         "pg_catalog.\"C\"",     "\"POSIX\"",
        "POSIX",  "\"ucs_basic\"", "ucs_basic", "pg_catalog.\"POSIX\"", "pg_catalog.ucs_basic"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (mig_match_folded(names[i], collation))
            return true;
    return false;
}

const char *
mig__making_collation(mig__making *m, const char *collation, const char **whyp)
{
    const char *name;

    *whyp = NULL;
    if (m->same)
        return collation;
    if (m->rules->target == MIG_DIALECT_POSTGRES) {
        if (is_bytewise(collation))
            return "pg_catalog.\"C\"";
        name = mig_match_folded(collation, "NOCASE") ? nocase(m) : NULL;
        if (name == NULL)
            *whyp = mig_match_folded(collation, "NOCASE")
                        ? "this server has no collation that folds case (it needs PostgreSQL 12 "
                          "or newer with ICU): texts that differ in case alone are different"
                        : "PostgreSQL has no such collation";
        return name;
    }
    if (is_bytewise(collation))
        return "BINARY";
    if (strstr(collation, "nocase") != NULL)
        return "NOCASE";
    *whyp = "SQLite has no such collation";
    return NULL;
}

static bool
is_text(const mig_type_choice *type)
{
    return type->wire == MIG_WIRE_TEXT || type->wire == MIG_WIRE_BPCHAR;
}

static void
collate(mig__making *m, const mig__making_column *column, mig_schema_column *out)
{
    const char *collation = column->from->collation;
    const char *why;

    if (collation == NULL)
        return;
    if (m->same) {
        out->collation = collation;
        return;
    }
    if (m->rules->target == MIG_DIALECT_POSTGRES &&
        (mig_match_folded(collation, "BINARY") ||
         !is_text(&mig__making_column_of(m, column)->type)))
        return;
    out->collation = mig__making_collation(m, collation, &why);
    if (out->collation == NULL)
        tell(m, column, MIG_DECISION_NOT_CARRIED,
             mig__making_print(m, "collation %s: %s", collation, why),
             mig__making_print(m, "COLLATE %s", collation));
}

/* ---- what fills a column ------------------------------------------------------------------ */

static bool
is_sole_key(const mig__making *m, const mig__making_column *column)
{
    const mig_constraint *key = mig_schema_primary(m->tables[column->table].from);

    return key != NULL && key->n_parts == 1 && key->parts[0].column != NULL &&
           strcmp(key->parts[0].column, column->from->name) == 0;
}

static void
identify_postgres(mig__making *m, const mig__making_column *column, mig_schema_column *out)
{
    out->identity = MIG_IDENTITY_BY_DEFAULT;
    out->not_null = true;
    if (mig_wire_is_integer(mig__making_column_of(m, column)->type.wire))
        return;
    out->identity = MIG_IDENTITY_NONE;
    tell(m, column, MIG_DECISION_NOT_CARRIED,
         "nothing fills it where an INSERT leaves it out: only integers are identity columns",
         "INTEGER PRIMARY KEY");
}

/* A primary key that SQLite fills, as PostgreSQL does. */
static bool
is_counted(const mig__making *m, const mig__making_column *column)
{
    return column->from->identity != MIG_IDENTITY_NONE && is_sole_key(m, column) &&
           mig_wire_is_integer(column->source->wire);
}

static void
identify_sqlite(mig__making *m, const mig__making_column *column, mig_schema_column *out)
{
    const bool sole = is_sole_key(m, column);
    const bool filled = column->from->identity != MIG_IDENTITY_NONE;

    if (is_counted(m, column)) {
        out->identity = MIG_IDENTITY_AUTOINCREMENT;
    } else if (sole && mig_match_folded(out->type, "INTEGER")) {
        out->identity = MIG_IDENTITY_ROWID; /* so SQLite takes it, asked or not */
    } else if (filled) {
        tell(
            m, column, MIG_DECISION_NOT_CARRIED,
            "nothing fills it where an INSERT leaves it out: SQLite counts in a primary key of one "
            "column alone",
            column->from->identity == MIG_IDENTITY_SERIAL ? "serial" : "GENERATED AS IDENTITY");
    }
}

static void
identify(mig__making *m, const mig__making_column *column, mig_schema_column *out)
{
    if (m->same) {
        out->identity = column->from->identity;
        out->sequence = column->from->sequence;
    } else if (m->rules->target == MIG_DIALECT_SQLITE) {
        identify_sqlite(m, column, out);
    } else if (column->from->identity != MIG_IDENTITY_NONE) {
        identify_postgres(m, column, out);
    }
}

static bool
is_null_literal(const char *expression)
{
    while (*expression == '(' || isspace((unsigned char)*expression))
        expression++;
    return strncasecmp(expression, "NULL", 4) == 0 &&
           (expression[4] == '\0' || expression[4] == ')' || expression[4] == ':');
}

static void
set_default(mig__making *m, const mig__making_column *column, mig_schema_column *out)
{
    const char *value = column->from->default_value;
    const char *why;

    if (value == NULL && m->rules->target == MIG_DIALECT_SQLITE && !m->same)
        value = mig_type_default(m->schema, column->from);
    if (value == NULL || is_null_literal(value) || out->identity != MIG_IDENTITY_NONE)
        return;
    out->default_value = mig__making_translate(m,
                                               &(mig__phrase){.table = &m->tables[column->table],
                                                              .expression = value,
                                                              .use = MIG_TRANSLATE_DEFAULT,
                                                              .of = column,
                                                              .what = mig__making_what(m, column)},
                                               &why);
    if (out->default_value == NULL)
        tell(m, column, MIG_DECISION_NOT_CARRIED, mig__making_print(m, "its default: %s", why),
             mig__making_print(m, "DEFAULT %s", value));
}

/* ---- generated columns -------------------------------------------------------------------- */

/* Why the target cannot compute it although the expression has its equivalent; NULL: it can. */
static const char *
refused(const mig__making *m)
{
    if (m->rules->target == MIG_DIALECT_SQLITE)
        return NULL;
    if (m->rules->server != 0 && m->rules->server < VERSION_STORED)
        return "PostgreSQL before 12 has no generated columns";
    return m->meets_computed ? "it is computed from another generated column" : NULL;
}

/* PostgreSQL computes such a column with each look at it from 18 on, but has no index on it. */
static void
store(mig__making *m, const mig__making_column *column, mig_schema_column *out)
{
    const bool virtuals = m->rules->server >= VERSION_VIRTUAL && !column->keyed;

    out->stored = column->from->stored || (m->rules->target == MIG_DIALECT_POSTGRES && !virtuals);
    if (out->stored && !column->from->stored)
        tell(m, column, MIG_DECISION_CHANGED,
             m->rules->server >= VERSION_VIRTUAL
                 ? "its values are stored: PostgreSQL has no index on a virtual column"
                 : "its values are stored: PostgreSQL before 18 has no virtual columns",
             NULL);
}

static void
generate(mig__making *m, mig__making_column *column, mig_schema_column *out)
{
    const char *why = NULL;
    const char *expression;

    if (column->from->generated == NULL)
        return;
    expression = mig__making_translate(m,
                                       &(mig__phrase){.table = &m->tables[column->table],
                                                      .expression = column->from->generated,
                                                      .use = MIG_TRANSLATE_GENERATED,
                                                      .of = column,
                                                      .what = mig__making_what(m, column)},
                                       &why);
    if (expression != NULL && !m->same)
        why = refused(m);
    if (expression != NULL && why == NULL) {
        out->generated = expression;
        column->computed = true;
        store(m, column, out);
        return;
    }
    tell(m, column, MIG_DECISION_NOT_CARRIED,
         mig__making_print(m, "its expression: %s; it is an ordinary column with the same values",
                           why != NULL ? why : ""),
         mig__making_print(m, "GENERATED ALWAYS AS (%s)", column->from->generated));
}

/* ---- types of the same dialect, and of SQLite --------------------------------------------- */

static void
set_type(mig__making *m, const mig__making_column *column, const char *type)
{
    mig_mirror_column *target = mig__making_column_of(m, column);

    if (strlen(type) >= sizeof target->type.type && m->rules->target == MIG_DIALECT_SQLITE)
        type = "";
    snprintf(target->type.type, sizeof target->type.type, "%s", type);
}

/* The check that an enum or a domain becomes. */
static void
add_type_check(mig__making *m, const mig__making_column *column, const char *condition)
{
    mig_schema_table *table = mig__making_out(m, &m->tables[column->table]);
    const char       *what = mig__making_what(m, column);
    const char       *why;
    const char       *check = mig__making_translate(m,
                                                    &(mig__phrase){.table = &m->tables[column->table],
                                                                   .expression = condition,
                                                                   .use = MIG_TRANSLATE_CHECK,
                                                                   .what = what},
                                                    &why);
    mig_constraint   *constraint;

    if (check == NULL) {
        tell(m, column, MIG_DECISION_NOT_CARRIED,
             mig__making_print(m, "the condition of its type: %s", why), condition);
        return;
    }
    constraint = mig_schema_add_constraint(m->out, table, MIG_CONSTRAINT_CHECK, "");
    if (mig__making_has(m, constraint))
        constraint->expression = check;
}

/* The storage class that --cast names. */
static const char *
cast_to_sqlite(const mig__making_column *column)
{
    static const char *const classes[] = {"TEXT", "BLOB", "INTEGER", "REAL"};

    for (size_t i = 0; column->cast != NULL && i < sizeof classes / sizeof classes[0]; i++)
        if (mig_match_folded(column->cast->type, classes[i]))
            return classes[i];
    return NULL;
}

static void
type_for_sqlite(mig__making *m, const mig__making_column *column)
{
    const char *cast = cast_to_sqlite(column);
    mig_buf     type = MIG_BUF_INIT, check = MIG_BUF_INIT;

    if (!mig_type_for_sqlite(m->schema, column->from, column->source, &type, &check))
        mig__making_has(m, NULL);
    if (is_counted(m, column))
        set_type(m, column, "INTEGER");
    else
        set_type(m, column, cast != NULL ? cast : mig_buf_text(&type));
    if (check.len > 0)
        add_type_check(m, column, mig__making_take(m, &check));
    mig_buf_fini(&type);
    mig_buf_fini(&check);
}

static const char *
type_of(mig__making *m, const mig__making_column *column)
{
    if (m->rules->target == MIG_DIALECT_SQLITE && !m->same)
        type_for_sqlite(m, column);
    else if (column->n_choices == 0)
        set_type(m, column, column->from->type);
    if (m->same && column->n_choices == 0)
        return column->from->type;
    return mig__making_keep(m, mig__making_column_of(m, column)->type.type);
}

/* ---- all ---------------------------------------------------------------------------------- */

static void
add_column(mig__making *m, mig__making_table *table, mig__making_column *column)
{
    mig_schema_column *out = mig_schema_add_column(
        m->out, mig__making_out(m, table), mig__making_column_of(m, column)->name, column->type);

    if (!mig__making_has(m, out))
        return;
    out->not_null = column->from->not_null;
    out->comment = column->from->comment;
    if (column->from->not_null_conflict != NULL) {
        if (m->same)
            out->not_null_conflict = column->from->not_null_conflict;
        else
            tell(m, column, MIG_DECISION_NOT_CARRIED,
                 "its conflict clause: PostgreSQL has none in tables",
                 mig__making_print(m, "NOT NULL ON CONFLICT %s", column->from->not_null_conflict));
    }
    collate(m, column, out);
    identify(m, column, out);
    generate(m, column, out);
    if (out->generated == NULL)
        set_default(m, column, out);
}

static void
fill_table(mig__making *m, mig__making_table *table)
{
    mig_schema_table *out = mig_schema_add_table(m->out, mig__making_target(m, table)->name);

    if (!mig__making_has(m, out))
        return;
    out->kind = MIG_TABLE_PLAIN;
    out->comment = table->from->comment;
    out->unlogged = m->same && table->from->unlogged;
    out->strict = m->same && table->from->strict;
    out->without_rowid = m->same && table->from->without_rowid;
    if (table->from->partition_by != NULL)
        mig__making_tell(m, (mig_decision){.kind = MIG_DECISION_CHANGED,
                                           .table = out->name,
                                           .what = mig__making_print(m, "table %s", out->name),
                                           .text = "its partitions are one table",
                                           .sql = mig__making_print(m, "PARTITION BY %s",
                                                                    table->from->partition_by)});
}

void
mig__making_columns(mig__making *m)
{
    for (size_t t = 0; t < m->mirror->n_tables && m->st == MIG_OK; t++)
        fill_table(m, &m->tables[t]);
    /* Expressions look at the types of all columns of their table. */
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK; c++)
        m->columns[c].type = type_of(m, &m->columns[c]);
    for (size_t c = 0; c < m->n_columns && m->st == MIG_OK; c++)
        add_column(m, &m->tables[m->columns[c].table], &m->columns[c]);
}
