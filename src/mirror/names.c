/*
 * names.c - what tables, columns, views and indexes are called in the target.
 *
 * Names stay as they are where the target takes them; one that needs no change
 * goes before one that does, whatever their order.  A name that is too long is
 * cut, and one that is taken gets an end of its own, made from the whole name
 * in the source, so that two runs make the same.
 *
 * What a user chose stands first: where that is taken twice, it is refused.
 */
#include <stdio.h>
#include <string.h>

#include "making.h"
#include "mig/codec.h"
#include "mig/match.h"

/* NAMEDATALEN - 1 of PostgreSQL. */
#define POSTGRES_NAME_MAX ((size_t)63)
/* "_" and eight hexadecimal digits. */
#define ENDING_LEN ((size_t)9)

/* Names in each of which there are at most so many claims: tables, columns of one table ... */
typedef struct claiming {
    const char    *kind;  /* of what is named, for messages */
    const char    *table; /* that it belongs to, or NULL */
    mig__name_set *taken;
    size_t         n;
    const char *(*source)(mig__making *m, const struct claiming *claims, size_t i);  /* or NULL */
    const char *(*renamed)(mig__making *m, const struct claiming *claims, size_t i); /* or NULL */
    const char **(*slot)(mig__making *m, const struct claiming *claims, size_t i);
    const mig__making_table *of; /* columns */
} claiming;

/* ---- what a database takes ---------------------------------------------------------------- */

/* Columns that each table of PostgreSQL has ("System Columns"). */
static bool
is_system_column(const mig__making *m, const char *name)
{
    static const char *const names[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return strcmp(name, "oid") == 0 && m->rules->server > 0 && m->rules->server < 120000;
}

static bool
begins_folded(const char *name, const char *start)
{
    char head[16];

    snprintf(head, sizeof head, "%.*s", (int)strlen(start), name);
    return mig_match_folded(head, start);
}

static const char *
fault_of(const mig__making *m, const char *name, bool column)
{
    size_t offset;

    if (m->rules->target == MIG_DIALECT_SQLITE)
        return !column && begins_folded(name, "sqlite_")
                   ? "SQLite keeps names that begin with sqlite_ for itself"
                   : NULL;
    if (name[0] == '\0')
        return "PostgreSQL takes no empty names";
    if (mig_utf8_check(name, strlen(name), &offset) != MIG_UTF8_OK)
        return "it is not UTF-8";
    if (strlen(name) > POSTGRES_NAME_MAX)
        return "PostgreSQL keeps 63 bytes of a name";
    return column && is_system_column(m, name) ? "each table of PostgreSQL has such a column"
                                               : NULL;
}

bool
mig__name_is_good(const mig__making *m, const char *name, bool column)
{
    return fault_of(m, name, column) == NULL;
}

/* ---- other names -------------------------------------------------------------------------- */

/* Appends as much as fits into `max` bytes and ends with a whole character. */
static void
add_cut(mig_buf *out, const char *name, size_t max)
{
    size_t len = strlen(name);

    if (len > max) {
        len = max;
        while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
            len--;
    }
    mig_buf_add(out, name, len);
}

/* Bytes that are no UTF-8 as "_", since the target has no others for them. */
static void
add_valid(mig_buf *out, const char *name)
{
    size_t offset;

    while (mig_utf8_check(name, strlen(name), &offset) != MIG_UTF8_OK) {
        mig_buf_add(out, name, offset);
        mig_buf_puts(out, "_");
        name += offset + 1;
    }
    mig_buf_puts(out, name);
}

/* The name with an ending that is made from all of it and of `salt`. */
static const char *
with_ending(mig__making *m, const char *name, unsigned salt)
{
    mig_buf valid = MIG_BUF_INIT, out = MIG_BUF_INIT;

    add_valid(&valid, name);
    add_cut(&out, mig_buf_text(&valid),
            m->rules->target == MIG_DIALECT_POSTGRES ? POSTGRES_NAME_MAX - ENDING_LEN : SIZE_MAX);
    mig_buf_printf(&out, "_%08x", (unsigned)mig__name_hash(name, false) + salt * 2654435761U);
    mig_buf_fini(&valid);
    return mig__making_take(m, &out);
}

/* A name the target takes, perhaps one that is taken. */
static const char *
mended(mig__making *m, const char *name, bool column)
{
    if (m->rules->target == MIG_DIALECT_SQLITE)
        return mig__making_print(m, "_%s", name);
    if (name[0] == '\0')
        return "unnamed";
    if (column && is_system_column(m, name))
        return mig__making_print(m, "%s_", name);
    return with_ending(m, name, 0);
}

static const char *
folded(mig__making *m, const char *name)
{
    mig_buf out = MIG_BUF_INIT;

    if (!m->rules->fold_case)
        return name;
    mig_buf_puts(&out, name);
    for (size_t i = 0; i < out.len; i++)
        if (out.data[i] >= 'A' && out.data[i] <= 'Z')
            out.data[i] = (char)(out.data[i] - 'A' + 'a');
    return mig__making_take(m, &out);
}

static bool
add_taken(mig__making *m, mig__name_set *taken, const char *name)
{
    return mig__making_has(m, mig__name_set_add(taken, name) ? name : NULL);
}

/* A free name for one that cannot stay, and why it cannot. */
static const char *
another(mig__making *m, mig__name_set *taken, const char *wanted, bool column, const char **whyp)
{
    const char *name = wanted;

    *whyp = fault_of(m, wanted, column);
    if (*whyp != NULL)
        name = mended(m, wanted, column);
    if (!mig__name_set_has(taken, name))
        return name;
    if (*whyp == NULL)
        *whyp = m->rules->target == MIG_DIALECT_SQLITE
                    ? "it is taken; SQLite does not tell upper from lower case"
                    : "it is taken";
    for (unsigned salt = 0; mig__name_set_has(taken, name) && m->st == MIG_OK; salt++)
        name = with_ending(m, wanted, salt);
    return name;
}

static void
tell_name(mig__making *m, const char *kind, const char *table, const char *source, const char *name,
          const char *why)
{
    const char *what = table != NULL && strcmp(kind, "column") == 0
                           ? mig__making_print(m, "%s %s.%s", kind, table, name)
                           : mig__making_print(m, "%s %s", kind, name);

    mig__making_tell(m, (mig_decision){.kind = MIG_DECISION_NAME,
                                       .table = table,
                                       .what = what,
                                       .text = mig__making_print(m, "called %s in the source: %s",
                                                                 source, why)});
}

const char *
mig__making_claim(mig__making *m, mig__name_set *taken, const char *wanted, const char *kind,
                  const char *table)
{
    const char *why;
    const char *name = another(m, taken, folded(m, wanted), false, &why);

    add_taken(m, taken, name);
    name = mig__making_keep(m, name);
    if (why != NULL && kind != NULL)
        tell_name(m, kind, table, wanted, name, why);
    return name;
}

/* ---- claims ------------------------------------------------------------------------------- */

static void
refuse_rename(mig__making *m, const claiming *claims, const char *source, const char *name)
{
    if (m->st == MIG_OK)
        m->st = mig_raise(m->err, MIG_E_USAGE, "--rename %s%s%s=%s: this name is taken",
                          claims->table != NULL ? claims->table : "",
                          claims->table != NULL ? "." : "", source, name);
}

static void
claim_renamed(mig__making *m, const claiming *claims)
{
    for (size_t i = 0; i < claims->n && claims->renamed != NULL; i++) {
        const char *source = claims->source(m, claims, i);
        const char *name = source != NULL ? claims->renamed(m, claims, i) : NULL;

        if (name == NULL)
            continue;
        if (mig__name_set_has(claims->taken, name))
            refuse_rename(m, claims, source, name);
        add_taken(m, claims->taken, name);
        *claims->slot(m, claims, i) = mig__making_keep(m, name);
    }
}

/* Those that stay exactly as they are, or as they are folded. */
static void
claim_unchanged(mig__making *m, const claiming *claims, bool folding)
{
    const bool column = claims->of != NULL;

    for (size_t i = 0; i < claims->n && m->st == MIG_OK; i++) {
        const char *source = claims->source(m, claims, i);
        const char *name;

        if (source == NULL || *claims->slot(m, claims, i) != NULL)
            continue;
        name = folded(m, source);
        if ((!folding && strcmp(name, source) != 0) || fault_of(m, name, column) != NULL ||
            mig__name_set_has(claims->taken, name))
            continue;
        add_taken(m, claims->taken, name);
        *claims->slot(m, claims, i) = mig__making_keep(m, name);
    }
}

static void
claim_others(mig__making *m, const claiming *claims)
{
    for (size_t i = 0; i < claims->n && m->st == MIG_OK; i++) {
        const char *source = claims->source(m, claims, i);
        const char *why;
        const char *name;

        if (source == NULL || *claims->slot(m, claims, i) != NULL)
            continue;
        name = another(m, claims->taken, folded(m, source), claims->of != NULL, &why);
        add_taken(m, claims->taken, name);
        name = mig__making_keep(m, name);
        *claims->slot(m, claims, i) = name;
        tell_name(m, claims->kind, claims->table, source, name, why != NULL ? why : "it is taken");
    }
}

static void
claim_all(mig__making *m, const claiming *claims)
{
    claim_renamed(m, claims);
    claim_unchanged(m, claims, false);
    claim_unchanged(m, claims, true);
    claim_others(m, claims);
}

/* ---- what is named ------------------------------------------------------------------------ */

static const char *
source_of_table(mig__making *m, const claiming *claims, size_t i)
{
    (void)claims;
    return m->tables[i].source->name;
}

static const char *
rename_of_table(mig__making *m, const claiming *claims, size_t i)
{
    (void)claims;
    return mig__making_renamed(m, m->tables[i].source, NULL);
}

static const char **
slot_of_table(mig__making *m, const claiming *claims, size_t i)
{
    (void)claims;
    return &m->mirror->tables[i].name;
}

static const char *
source_of_column(mig__making *m, const claiming *claims, size_t i)
{
    (void)m;
    return claims->of->source->columns[i].name;
}

static const char *
rename_of_column(mig__making *m, const claiming *claims, size_t i)
{
    return mig__making_renamed(m, claims->of->source, claims->of->source->columns[i].name);
}

static const char **
slot_of_column(mig__making *m, const claiming *claims, size_t i)
{
    return &m->mirror->tables[claims->of - m->tables].columns[i].name;
}

static const char *
source_of_view(mig__making *m, const claiming *claims, size_t i)
{
    const mig_schema_object *object = &m->schema->objects[i];

    (void)claims;
    return object->kind == MIG_OBJECT_VIEW || object->kind == MIG_OBJECT_MATERIALIZED_VIEW
               ? object->name
               : NULL;
}

static const char **
slot_of_view(mig__making *m, const claiming *claims, size_t i)
{
    (void)claims;
    return &m->view_names[i];
}

static const char *
source_of_index(mig__making *m, const claiming *claims, size_t i)
{
    const mig_index *index = &m->schema->indexes[i];

    (void)claims;
    return mig__making_find(m, index->table) != NULL ? index->name : NULL;
}

static const char **
slot_of_index(mig__making *m, const claiming *claims, size_t i)
{
    (void)claims;
    return &m->index_names[i];
}

static void
name_columns(mig__making *m, const mig__making_table *table)
{
    mig__name_set taken = {.folded = m->rules->target == MIG_DIALECT_SQLITE};

    claim_all(m, &(claiming){.kind = "column",
                             .table = mig__making_target(m, table)->name,
                             .taken = &taken,
                             .n = table->source->n_columns,
                             .source = source_of_column,
                             .renamed = rename_of_column,
                             .slot = slot_of_column,
                             .of = table});
    mig__name_set_fini(&taken);
}

void
mig__making_names(mig__making *m)
{
    /* Types share PostgreSQL's names of relations, and keep theirs. */
    for (size_t i = 0; m->rules->target == MIG_DIALECT_POSTGRES && i < m->schema->n_types; i++)
        add_taken(m, &m->relations, m->schema->types[i].name);
    claim_all(m, &(claiming){.kind = "table",
                             .taken = &m->relations,
                             .n = m->mirror->n_tables,
                             .source = source_of_table,
                             .renamed = rename_of_table,
                             .slot = slot_of_table});
    claim_all(m, &(claiming){.kind = "view",
                             .taken = &m->relations,
                             .n = m->schema->n_objects,
                             .source = source_of_view,
                             .slot = slot_of_view});
    claim_all(m, &(claiming){.kind = "index",
                             .taken = &m->relations,
                             .n = m->schema->n_indexes,
                             .source = source_of_index,
                             .slot = slot_of_index});
    for (size_t t = 0; t < m->mirror->n_tables && m->st == MIG_OK; t++)
        name_columns(m, &m->tables[t]);
}
