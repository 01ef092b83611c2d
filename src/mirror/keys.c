/*
 * keys.c - primary keys, unique constraints, checks.
 *
 * A primary key of SQLite may hold NULL, unless it is the rowid: where it does,
 * PostgreSQL gets a unique constraint.  A key with collations of its own is a
 * unique index there, because constraints have none.
 *
 * To PostgreSQL each constraint has a name, by its own rules where the source
 * has none: several are made at the same time, and a name that the server
 * chooses could be one that another statement is about to take.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

/* A constraint that is being carried over. */
typedef struct carrying {
    const mig_constraint *from;
    mig__making_table    *table;
    const char           *name;
    const char           *what;
    const char           *sql; /* as decisions show it */
} carrying;

static void
tell(mig__making *m, const carrying *c, mig_decision_kind kind, const char *text)
{
    mig__making_tell(m, (mig_decision){.kind = kind,
                                       .table = mig__making_target(m, c->table)->name,
                                       .what = c->what,
                                       .text = text,
                                       .sql = c->sql});
}

/* ---- names -------------------------------------------------------------------------------- */

/* As PostgreSQL would call it: hosts_name_port_key. */
static const char *
usual_name(mig__making *m, const mig__making_table *table, const mig_constraint *from)
{
    static const char *const labels[] = {"pkey", "key", "check", "fkey", "excl"};
    mig_buf                  name = MIG_BUF_INIT;

    mig_buf_puts(&name, mig__making_target(m, table)->name);
    for (size_t i = 0; from->kind == MIG_CONSTRAINT_UNIQUE && i < from->n_parts; i++)
        mig_buf_printf(&name, "_%s",
                       from->parts[i].column != NULL ? from->parts[i].column : "expr");
    for (size_t i = 0; i < from->n_columns; i++)
        mig_buf_printf(&name, "_%s", from->columns[i]);
    mig_buf_printf(&name, "_%s", labels[from->kind]);
    return mig__making_take(m, &name);
}

const char *
mig__making_constraint_name(mig__making *m, mig__making_table *table, const mig_constraint *from)
{
    const bool relation =
        from->kind == MIG_CONSTRAINT_PRIMARY || from->kind == MIG_CONSTRAINT_UNIQUE;
    const bool  named = from->name[0] != '\0';
    const char *wanted = named ? from->name : usual_name(m, table, from);
    const char *name;

    /* SQLite does not care what constraints are called. */
    if (m->rules->target == MIG_DIALECT_SQLITE)
        return from->name;
    name = mig__making_claim(m, &table->constraints, wanted, named ? "constraint" : NULL,
                             mig__making_target(m, table)->name);
    if (relation)
        name = mig__making_claim(m, &m->relations, name, named ? "constraint" : NULL,
                                 mig__making_target(m, table)->name);
    if (!mig__name_set_add(&table->constraints, name))
        mig__making_has(m, NULL);
    return name;
}

/* ---- primary keys and unique constraints -------------------------------------------------- */

/* The first column of the key in which there are NULLs, which PostgreSQL's primary keys refuse. */
static const mig__making_column *
column_with_nulls(const mig__making *m, const carrying *c)
{
    if (c->from->kind != MIG_CONSTRAINT_PRIMARY || m->same ||
        m->rules->target == MIG_DIALECT_SQLITE)
        return NULL;
    for (size_t i = 0; i < c->from->n_parts; i++) {
        const mig__making_column *column =
            mig__making_find_column(m, c->table, c->from->parts[i].column);

        if (column != NULL && column->from->identity == MIG_IDENTITY_NONE &&
            column->survey != NULL && column->survey->n_values[MIG_VALUE_NULL] > 0)
            return column;
    }
    return NULL;
}

static bool
has_collations(const mig_key_part *parts, size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++)
        if (parts[i].collation != NULL)
            return true;
    return false;
}

/* The parts in the target, each of which *n counts; NULL, or why there are none. */
static const char *
carry_parts(mig__making *m, const carrying *c, mig_key_part **parts, size_t *n)
{
    const char *why = NULL;

    for (size_t i = 0; i < c->from->n_parts && why == NULL; i++) {
        mig_key_part *part = mig_schema_add_part(m->out, parts, n);

        if (!mig__making_has(m, part))
            return "";
        why = mig__making_part(m, c->table, &c->from->parts[i], c->what, part);
    }
    return why;
}

static void
set_not_null(mig__making *m, const carrying *c)
{
    mig_schema_table *out = mig__making_out(m, c->table);

    for (size_t i = 0; i < c->from->n_parts; i++) {
        const mig__making_column *column =
            mig__making_find_column(m, c->table, c->from->parts[i].column);

        if (column != NULL)
            out->columns[column - c->table->columns].not_null = true;
    }
}

static void
free_parts(mig_constraint *out)
{
    free(out->parts);
    out->parts = NULL;
    out->n_parts = 0;
}

/* Takes the constraint away again, the last of its table. */
static void
drop_last(mig__making *m, const carrying *c)
{
    mig_schema_table *table = mig__making_out(m, c->table);

    free_parts(&table->constraints[--table->n_constraints]);
}

/* A unique index in place of the constraint, with its parts. */
static void
become_index(mig__making *m, const carrying *c)
{
    mig_schema_table *table = mig__making_out(m, c->table);
    mig_constraint   *key = &table->constraints[table->n_constraints - 1];
    mig_index        *index = mig_schema_add_index(m->out, c->name, table->name);

    if (!mig__making_has(m, index))
        return;
    index->unique = true;
    index->method = "btree";
    index->parts = key->parts;
    index->n_parts = key->n_parts;
    key->parts = NULL;
    drop_last(m, c);
    tell(m, c, MIG_DECISION_CHANGED,
         "a unique index: constraints of PostgreSQL have no collations of their own");
}

/* Constraints of PostgreSQL have no directions; their indexes are read both ways. */
static void
drop_directions(mig__making *m, const carrying *c, mig_constraint *out)
{
    bool any = false;

    for (size_t i = 0; i < out->n_parts; i++) {
        any = any || out->parts[i].descending;
        out->parts[i].descending = false;
    }
    if (any)
        tell(m, c, MIG_DECISION_CHANGED,
             "ascending: constraints of PostgreSQL have no directions of their own");
}

static void
tell_key_differences(mig__making *m, const carrying *c)
{
    if (c->from->conflict != NULL)
        tell(m, c, MIG_DECISION_NOT_CARRIED,
             mig__making_print(m, "ON CONFLICT %s: PostgreSQL has no such clause in tables",
                               c->from->conflict));
    if (m->rules->target != MIG_DIALECT_SQLITE)
        return;
    if (c->from->deferrable)
        tell(m, c, MIG_DECISION_NOT_CARRIED, "DEFERRABLE: SQLite checks with each row");
    if (c->from->nulls_not_distinct)
        tell(m, c, MIG_DECISION_NOT_CARRIED,
             "NULLS NOT DISTINCT: in SQLite there may be several NULLs");
    if (c->from->n_include > 0)
        tell(m, c, MIG_DECISION_CHANGED, "without the columns that it only includes");
}

/* What both dialects' constraints, or two of one dialect, have besides parts. */
static void
copy_options(mig__making *m, const carrying *c, mig_constraint *out)
{
    out->comment = c->from->comment;
    if (!m->same)
        return;
    out->deferrable = c->from->deferrable;
    out->deferred = c->from->deferred;
    out->nulls_not_distinct = c->from->nulls_not_distinct;
    out->conflict = c->from->conflict;
    for (size_t i = 0; i < c->from->n_include; i++) {
        const mig__making_column *column =
            mig__making_find_column(m, c->table, c->from->include[i]);

        if (column != NULL && !mig_schema_add_name(m->out, &out->include, &out->n_include,
                                                   mig__making_column_of(m, column)->name))
            mig__making_has(m, NULL);
    }
}

static void
carry_key(mig__making *m, const carrying *c)
{
    const mig__making_column *nulls = column_with_nulls(m, c);
    mig_constraint           *out =
        mig_schema_add_constraint(m->out, mig__making_out(m, c->table),
                                  nulls != NULL ? MIG_CONSTRAINT_UNIQUE : c->from->kind, c->name);
    const char *why;

    if (!mig__making_has(m, out))
        return;
    copy_options(m, c, out);
    why = carry_parts(m, c, &out->parts, &out->n_parts);
    if (why != NULL) {
        drop_last(m, c);
        tell(m, c, MIG_DECISION_NOT_CARRIED, why);
        return;
    }
    if (nulls != NULL)
        tell(m, c, MIG_DECISION_CHANGED,
             mig__making_print(m, "a unique constraint: there are NULLs in %s",
                               mig__making_column_of(m, nulls)->name));
    else if (out->kind == MIG_CONSTRAINT_PRIMARY && m->rules->target == MIG_DIALECT_POSTGRES)
        set_not_null(m, c);
    if (m->rules->target == MIG_DIALECT_POSTGRES && !m->same &&
        has_collations(out->parts, out->n_parts))
        become_index(m, c);
    else if (m->rules->target == MIG_DIALECT_POSTGRES && !m->same)
        drop_directions(m, c, out);
    if (!m->same)
        tell_key_differences(m, c);
}

/* ---- checks ------------------------------------------------------------------------------- */

static void
carry_check(mig__making *m, const carrying *c)
{
    const char     *why = NULL;
    const char     *text = mig__making_translate(m,
                                                 &(mig__phrase){.table = c->table,
                                                                .expression = c->from->expression,
                                                                .use = MIG_TRANSLATE_CHECK,
                                                                .what = c->what},
                                                 &why);
    mig_constraint *out;

    if (text == NULL) {
        tell(m, c, MIG_DECISION_NOT_CARRIED, why);
        return;
    }
    if (strcmp(text, "true") == 0) {
        tell(m, c, MIG_DECISION_CHANGED, "a check that no row of these types can fail");
        return;
    }
    if (c->from->not_valid && !m->same)
        tell(m, c, MIG_DECISION_CHANGED,
             "NOT VALID: in SQLite it holds for all rows, so rows that break it are refused");
    out = mig_schema_add_constraint(m->out, mig__making_out(m, c->table), MIG_CONSTRAINT_CHECK,
                                    c->name);
    if (!mig__making_has(m, out))
        return;
    out->expression = text;
    out->comment = c->from->comment;
    out->conflict = m->same ? c->from->conflict : NULL;
    out->not_valid = m->same && c->from->not_valid;
}

/* An exclusion constraint, between two servers. */
static void
carry_exclusion(mig__making *m, const carrying *c)
{
    const char *why =
        m->same ? mig__making_verbatim(m, c->table, c->sql) : "SQLite has no exclusion constraints";
    mig_constraint *out;

    if (why != NULL) {
        tell(m, c, MIG_DECISION_NOT_CARRIED, why);
        return;
    }
    out = mig_schema_add_constraint(m->out, mig__making_out(m, c->table), MIG_CONSTRAINT_EXCLUDE,
                                    c->name);
    if (!mig__making_has(m, out))
        return;
    out->definition = c->from->definition;
    out->comment = c->from->comment;
}

/* ---- all ---------------------------------------------------------------------------------- */

static const char *
sql_of(mig__making *m, const mig_constraint *from)
{
    mig_buf sql = MIG_BUF_INIT;

    if (from->definition != NULL)
        return from->definition;
    if (from->kind == MIG_CONSTRAINT_CHECK)
        return mig__making_print(m, "CHECK (%s)", from->expression);
    mig_buf_puts(&sql, from->kind == MIG_CONSTRAINT_PRIMARY ? "PRIMARY KEY (" : "UNIQUE (");
    for (size_t i = 0; i < from->n_parts; i++) {
        mig_buf_puts(&sql, i > 0 ? ", " : "");
        if (from->parts[i].column != NULL)
            mig_buf_identifier(&sql, from->parts[i].column);
        else
            mig_buf_puts(&sql, from->parts[i].expression);
        if (from->parts[i].collation != NULL)
            mig_buf_printf(&sql, " COLLATE %s", from->parts[i].collation);
    }
    mig_buf_puts(&sql, ")");
    if (from->conflict != NULL)
        mig_buf_printf(&sql, " ON CONFLICT %s", from->conflict);
    return mig__making_take(m, &sql);
}

static void
carry(mig__making *m, mig__making_table *table, const mig_constraint *from)
{
    static const char *const words[] = {"primary key of", "unique constraint of", "check of",
                                        "foreign key of", "exclusion constraint of"};
    const char              *target = mig__making_target(m, table)->name;
    carrying                 c = {.from = from, .table = table};

    c.name = mig__making_constraint_name(m, table, from);
    c.what = c.name[0] != '\0' ? mig__making_print(m, "constraint %s", c.name)
                               : mig__making_print(m, "%s %s", words[from->kind], target);
    c.sql = sql_of(m, from);
    switch (from->kind) {
    case MIG_CONSTRAINT_PRIMARY:
    case MIG_CONSTRAINT_UNIQUE:
        carry_key(m, &c);
        break;
    case MIG_CONSTRAINT_CHECK:
        carry_check(m, &c);
        break;
    case MIG_CONSTRAINT_EXCLUDE:
        carry_exclusion(m, &c);
        break;
    case MIG_CONSTRAINT_FOREIGN:
        break;
    }
}

void
mig__making_keys(mig__making *m)
{
    for (size_t t = 0; t < m->mirror->n_tables; t++) {
        mig__making_table *table = &m->tables[t];

        for (size_t i = 0; i < table->from->n_constraints && m->st == MIG_OK; i++)
            if (table->from->constraints[i].kind != MIG_CONSTRAINT_FOREIGN)
                carry(m, table, &table->from->constraints[i]);
    }
}
