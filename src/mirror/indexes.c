/*
 * indexes.c - indexes, and the parts that they and keys consist of.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"

/* The largest entry of a btree (PostgreSQL, BTMaxItemSize), less what stands around a text in it.
 */
#define BTREE_TEXT_MAX ((uint64_t)2690)

/* ---- parts -------------------------------------------------------------------------------- */

static bool
is_text(mig_wire_type wire)
{
    return wire == MIG_WIRE_TEXT || wire == MIG_WIRE_BPCHAR;
}

/* Why PostgreSQL has no index on the column; NULL: it has. */
static const char *
cannot_be_indexed(mig__making *m, const mig__making_column *column)
{
    const mig_type_choice *type = &mig__making_column_of(m, column)->type;
    uint64_t               longest = 0;

    if (m->same || m->rules->target == MIG_DIALECT_SQLITE)
        return NULL;
    if (type->wire == MIG_WIRE_JSON || type->wire == MIG_WIRE_XML)
        return mig__making_print(m, "values of type %s have no order in PostgreSQL", type->type);
    if (column->survey != NULL && is_text(type->wire))
        longest = column->survey->longest_text;
    if (column->survey != NULL && type->wire == MIG_WIRE_BYTEA)
        longest = column->survey->longest_blob;
    return longest > BTREE_TEXT_MAX
               ? mig__making_print(m,
                                   "%s has a value of %lu bytes, PostgreSQL's indexes take 2704 "
                                   "in all",
                                   mig__making_column_of(m, column)->name, (unsigned long)longest)
               : NULL;
}

/* Whether there are texts to collate: in the column, or NULL: as the expression just translated. */
static bool
is_text_part(const mig__making *m, const mig__making_column *column)
{
    return column != NULL ? is_text(mig__making_column_of(m, column)->type.wire) : m->gives_text;
}

/* The collation of a part, where it is another one than the column's. */
static const char *
collate(mig__making *m, const mig__making_column *column, const mig_key_part *part,
        mig_key_part *out)
{
    const char *own =
        column != NULL && column->from->collation != NULL ? column->from->collation : "BINARY";
    const char *why = NULL;

    if (part->collation == NULL)
        return NULL;
    if (m->same) {
        out->collation = part->collation;
        return NULL;
    }
    if (m->rules->target == MIG_DIALECT_POSTGRES &&
        (mig_match_folded(own, part->collation) || !is_text_part(m, column)))
        return NULL;
    out->collation = mig__making_collation(m, part->collation, &why);
    return why != NULL ? mig__making_print(m, "collation %s: %s", part->collation, why) : NULL;
}

const char *
mig__making_part(mig__making *m, const mig__making_table *table, const mig_key_part *part,
                 const char *what, mig_key_part *out)
{
    mig__making_column *column = NULL;
    const char         *why = NULL;

    *out = (mig_key_part){.descending = part->descending};
    if (m->same) {
        out->nulls = part->nulls;
        out->opclass = part->opclass;
    }
    if (part->column != NULL) {
        column = mig__making_find_column(m, table, part->column);
        if (column == NULL)
            return mig__making_print(m, "there is no column %s", part->column);
        out->column = mig__making_column_of(m, column)->name;
        why = cannot_be_indexed(m, column);
    } else {
        out->expression = mig__making_translate(m,
                                                &(mig__phrase){.table = table,
                                                               .expression = part->expression,
                                                               .use = MIG_TRANSLATE_INDEX,
                                                               .what = what},
                                                &why);
    }
    return why != NULL ? why : collate(m, column, part, out);
}

/* ---- indexes ------------------------------------------------------------------------------ */

/* An index that is being carried over. */
typedef struct carrying {
    const mig_index         *index;
    const mig__making_table *table;
    const char              *name;
    const char              *what;
    const char              *where;
} carrying;

static void
tell(mig__making *m, const carrying *c, mig_decision_kind kind, const char *text)
{
    mig__making_tell(m, (mig_decision){.kind = kind,
                                       .table = mig__making_target(m, c->table)->name,
                                       .what = c->what,
                                       .text = text,
                                       .sql = c->index->definition});
}

/* Why the index means nothing in the other dialect; NULL: it does. */
static const char *
foreign_kind(mig__making *m, const mig_index *index)
{
    if (m->same || m->rules->target == MIG_DIALECT_POSTGRES)
        return NULL;
    if (index->method != NULL && strcmp(index->method, "btree") != 0)
        return mig__making_print(m, "SQLite has no indexes of kind %s", index->method);
    return NULL;
}

/* What of an index in PostgreSQL one in SQLite does not have. */
static void
tell_differences(mig__making *m, const carrying *c)
{
    bool opclass = false;

    for (size_t i = 0; i < c->index->n_parts; i++)
        opclass = opclass || c->index->parts[i].opclass != NULL;
    if (c->index->n_include > 0)
        tell(m, c, MIG_DECISION_CHANGED, "without the columns that it only includes");
    if (opclass)
        tell(m, c, MIG_DECISION_CHANGED, "in the usual order, without its operator class");
    if (c->index->nulls_not_distinct)
        tell(m, c, MIG_DECISION_NOT_CARRIED,
             "NULLS NOT DISTINCT: in SQLite there may be several NULLs");
}

/* NULL, or why not. */
static const char *
translate_where(mig__making *m, carrying *c)
{
    const char *why = NULL;

    c->where = NULL;
    if (c->index->where != NULL)
        c->where = mig__making_translate(m,
                                         &(mig__phrase){.table = c->table,
                                                        .expression = c->index->where,
                                                        .use = MIG_TRANSLATE_WHERE,
                                                        .what = c->what},
                                         &why);
    return why;
}

/* The parts in the target, in *parts; NULL, or why there are none. */
static const char *
carry_parts(mig__making *m, const carrying *c, mig_key_part **parts, size_t *n)
{
    const char *why = NULL;

    for (size_t i = 0; i < c->index->n_parts && why == NULL; i++) {
        mig_key_part *part = mig_schema_add_part(m->out, parts, n);

        if (!mig__making_has(m, part))
            return "";
        why = mig__making_part(m, c->table, &c->index->parts[i], c->what, part);
    }
    return why;
}

static void
add_include(mig__making *m, const carrying *c, mig_index *out)
{
    for (size_t i = 0; m->same && i < c->index->n_include; i++) {
        mig__making_column *column = mig__making_find_column(m, c->table, c->index->include[i]);

        if (column != NULL && !mig_schema_add_name(m->out, &out->include, &out->n_include,
                                                   mig__making_column_of(m, column)->name))
            mig__making_has(m, NULL);
    }
}

/* Takes the parts. */
static void
add_index(mig__making *m, const carrying *c, mig_key_part *parts, size_t n_parts)
{
    const mig_index *from = c->index;
    mig_index *out = mig_schema_add_index(m->out, c->name, mig__making_target(m, c->table)->name);

    if (!mig__making_has(m, out)) {
        free(parts);
        return;
    }
    out->unique = from->unique;
    out->where = c->where;
    out->comment = from->comment;
    out->nulls_not_distinct = m->same && from->nulls_not_distinct;
    if (m->rules->target == MIG_DIALECT_POSTGRES)
        out->method = m->same && from->method != NULL ? from->method : "btree";
    out->parts = parts;
    out->n_parts = n_parts;
    add_include(m, c, out);
}

static void
carry(mig__making *m, size_t i)
{
    carrying      c = {.index = &m->schema->indexes[i], .name = m->index_names[i]};
    mig_key_part *parts = NULL;
    size_t        n_parts = 0;
    const char   *why;

    c.table = mig__making_find(m, c.index->table);
    if (c.name == NULL || c.table == NULL)
        return;
    c.what = mig__making_print(m, "index %s", c.name);
    why = foreign_kind(m, c.index);
    if (why == NULL)
        why = carry_parts(m, &c, &parts, &n_parts);
    if (why == NULL)
        why = translate_where(m, &c);
    if (why != NULL) {
        free(parts);
        tell(m, &c, MIG_DECISION_NOT_CARRIED, why);
        return;
    }
    add_index(m, &c, parts, n_parts);
    if (!m->same && m->rules->target == MIG_DIALECT_SQLITE)
        tell_differences(m, &c);
}

void
mig__making_indexes(mig__making *m)
{
    for (size_t i = 0; i < m->schema->n_indexes && m->st == MIG_OK; i++)
        carry(m, i);
}
