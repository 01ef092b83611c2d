/*
 * orphans.c - rows that refer to rows which are not there.
 *
 * The keys of each parent are read into a set of hashes once, and each child
 * is scanned once for all its references, with an SQL function that looks into
 * the sets.  A join would look every value up in the parent's b-tree: measured
 * with 5 million rows and 100,000 parents, 2.8 s of processor time.
 *
 * Values are hashed as the target will have them, by wire type, and not
 * compared by SQLite's rules: a uuid is the same as 16 bytes and as 36
 * characters, and NOCASE means nothing to the target.  A child's value of
 * another storage class than its wire type's own is not judged; one such value
 * among the parent's keys, and the reference is not judged at all.
 *
 * Threads: the one that has the source.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "key_set.h"
#include "mig/codec.h"
#include "sqlite_source.h"

/* In all sets at a time: 256 MiB at the most.  A parent with more is left to the target. */
#define MAX_KEYS ((size_t)16 * 1024 * 1024)

/* More columns than that in a primary key are not shown. */
#define MAX_SHOWN 16

#define MISSING "db_migrate_missing"

typedef enum value { VALUE_NULL, VALUE_OTHER, VALUE_HASHED } value;

/* A parent's keys; references to the same columns share them. */
typedef struct parent_keys {
    mig__key_set keys;
    bool         made;
    bool         unsure; /* a value is there that cannot be judged, or too many are */
} parent_keys;

typedef struct search {
    mig__sqlite_source *source;
    mig_reference      *references;
    size_t              n_references;
    parent_keys        *sets;
    parent_keys       **set_of; /* by reference */
} search;

/* The hash of one value as the target will have it, mixed into *hashp. */
static value
hash_value(mig_wire_type wire, sqlite3_value *v, uint64_t *hashp)
{
    int class = sqlite3_value_type(v);
    unsigned char uuid[16];
    const void   *data;
    size_t        len;

    if (class == SQLITE_NULL)
        return VALUE_NULL;
    if (class == SQLITE_INTEGER) {
        if (wire != MIG_WIRE_INT2 && wire != MIG_WIRE_INT4 && wire != MIG_WIRE_INT8)
            return VALUE_OTHER;
        *hashp = mig__key_hash_integer(*hashp, sqlite3_value_int64(v));
        return VALUE_HASHED;
    }
    if (class != SQLITE_TEXT && class != SQLITE_BLOB)
        return VALUE_OTHER;
    data = class == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
    len = (size_t)sqlite3_value_bytes(v);
    if (data == NULL && len > 0)
        return VALUE_OTHER; /* no memory to look at it */
    if (wire == MIG_WIRE_UUID) {
        if (class == SQLITE_TEXT && mig_uuid_parse(data, len, uuid))
            data = uuid;
        else if (class == SQLITE_TEXT || len != sizeof uuid)
            return VALUE_OTHER;
        len = sizeof uuid;
    } else if (wire != (class == SQLITE_TEXT ? MIG_WIRE_TEXT : MIG_WIRE_BYTEA)) {
        return VALUE_OTHER;
    }
    *hashp = mig__key_hash_bytes(*hashp, data, len);
    return VALUE_HASHED;
}

/* The first reference to the same columns has the set. */
static void
assign_sets(search *s)
{
    for (size_t n = 0; n < s->n_references; n++) {
        const mig_reference *r = &s->references[n];

        s->set_of[n] = &s->sets[n];
        for (size_t i = 0; i < n; i++) {
            const mig_reference *other = &s->references[i];
            bool same = other->parent == r->parent && other->n_columns == r->n_columns;

            for (size_t c = 0; same && c < r->n_columns; c++)
                same = other->parent_columns[c] == r->parent_columns[c];
            if (same) {
                s->set_of[n] = s->set_of[i];
                break;
            }
        }
    }
}

/* MISSING(reference, value ...): whether the parent has no such key, for sure. */
static void
missing(sqlite3_context *context, int n_args, sqlite3_value **args)
{
    const search        *s = sqlite3_user_data(context);
    size_t               n = (size_t)sqlite3_value_int64(args[0]);
    const mig_reference *r = &s->references[n];
    uint64_t             hash = 0;
    bool                 is_missing = !s->set_of[n]->unsure;

    for (int i = 1; i < n_args && is_missing; i++)
        is_missing = hash_value(r->columns[i - 1]->wire, args[i], &hash) == VALUE_HASHED;
    sqlite3_result_int(context, is_missing && !mig__key_set_has(&s->set_of[n]->keys, hash));
}

static void
add_table(mig_buf *sql, const mig_table *table)
{
    mig_buf_puts(sql, " FROM main.");
    mig_buf_identifier(sql, table->name);
}

static void
add_call(mig_buf *sql, const mig_reference *reference, size_t n)
{
    mig_buf_printf(sql, MISSING "(%zu", n);
    for (size_t c = 0; c < reference->n_columns; c++) {
        mig_buf_puts(sql, ", ");
        mig_buf_identifier(sql, reference->columns[c]->source->name);
    }
    mig_buf_puts(sql, ")");
}

/* ---- the parents' keys ------------------------------------------------------------------- */

/* Keys in all sets; those that no reference in [first, end) needs are dropped if there are too
 * many. */
static size_t
make_room(search *s, size_t first, size_t end)
{
    size_t n_keys = 0;

    for (size_t i = 0; i < s->n_references; i++)
        n_keys += s->sets[i].keys.n_keys;
    for (size_t i = 0; i < s->n_references && n_keys > MAX_KEYS; i++) {
        bool needed = false;

        for (size_t r = first; r < end; r++)
            needed = needed || s->set_of[r] == &s->sets[i];
        if (needed)
            continue;
        n_keys -= s->sets[i].keys.n_keys;
        mig__key_set_fini(&s->sets[i].keys);
        s->sets[i].made = false;
    }
    return n_keys;
}

/* Hashes the columns of the statement's row; false if one of them cannot be judged.  *nullp: one is
 * NULL, so nothing can refer to the row. */
static bool
hash_row(sqlite3_stmt *stmt, const mig_reference *reference, uint64_t *hashp, bool *nullp)
{
    *hashp = 0;
    *nullp = false;
    for (size_t c = 0; c < reference->n_columns; c++) {
        switch (hash_value(reference->parent_columns[c]->wire, sqlite3_column_value(stmt, (int)c),
                           hashp)) {
        case VALUE_OTHER:
            return false;
        case VALUE_NULL:
            *nullp = true;
            break;
        case VALUE_HASHED:
            break;
        }
    }
    return true;
}

static mig_status
read_keys(search *s, size_t n, size_t room, mig_error *err)
{
    const mig_reference *r = &s->references[n];
    parent_keys         *set = s->set_of[n];
    const char          *name = r->parent->source->name;
    mig_status           st = MIG_OK;
    mig_buf              sql = MIG_BUF_INIT;
    sqlite3_stmt        *stmt = NULL;
    bool                 more = true, is_null;
    uint64_t             hash;

    for (size_t c = 0; c < r->n_columns; c++) {
        mig_buf_puts(&sql, c > 0 ? ", " : "SELECT ");
        mig_buf_identifier(&sql, r->parent_columns[c]->source->name);
    }
    add_table(&sql, r->parent->source);
    MIG_TRY(mig__sqlite_prepare(s->source->questions, &sql, name, &stmt, err));
    set->unsure = false;
    while (!set->unsure) {
        MIG_TRY(mig__sqlite_step(stmt, name, &more, err));
        if (!more)
            break;
        if (!hash_row(stmt, r, &hash, &is_null) || set->keys.n_keys >= room)
            set->unsure = true;
        else if (!is_null && !mig__key_set_add(&set->keys, hash))
            MIG_TRY(mig_raise(err, MIG_E_NOMEM, "cannot hold the keys of %s", name));
    }
    if (set->unsure)
        mig__key_set_fini(&set->keys);
    set->made = true;
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/* ---- the children ------------------------------------------------------------------------ */

/* `rowid 4711 (id = 018f...): host_id = 5`, or the key alone where there is no rowid. */
static void
name_row(sqlite3_stmt *stmt, mig_reference *r, const mig_column *const *key, size_t n_key)
{
    bool has_rowid = r->child->source->rowid_name != NULL;
    bool alias = has_rowid && n_key == 1 && sqlite3_column_type(stmt, 1) == SQLITE_INTEGER &&
                 sqlite3_column_int64(stmt, 0) == sqlite3_column_int64(stmt, 1);

    if (has_rowid)
        mig_buf_printf(&r->rows, "rowid %lld", sqlite3_column_int64(stmt, 0));
    if (has_rowid && n_key > 0 && !alias)
        mig_buf_puts(&r->rows, " (");
    for (size_t i = 0; i < n_key && !alias; i++) {
        mig_buf_printf(&r->rows, "%s%s = ", i > 0 ? ", " : "", key[i]->name);
        if (mig__sqlite_is_secret(r->child, key[i]->name))
            mig_buf_puts(&r->rows, "(secret)");
        else
            mig__sqlite_show(stmt, (int)i + 1, &r->rows);
    }
    if (has_rowid && n_key > 0 && !alias)
        mig_buf_puts(&r->rows, ")");
    for (size_t c = 0; c < r->n_columns; c++) {
        mig_buf_printf(&r->rows, "%s%s = ", c > 0 ? ", " : ": ", r->columns[c]->source->name);
        if (r->columns[c]->secret)
            mig_buf_puts(&r->rows, "(secret)");
        else
            mig__sqlite_show(stmt, (int)(1 + n_key + c), &r->rows);
    }
    mig_buf_puts(&r->rows, "\n");
}

static mig_status
count_rows(search *s, size_t n, mig_error *err)
{
    mig_reference    *r = &s->references[n];
    const mig_table  *table = r->child->source;
    const mig_column *key[MAX_SHOWN];
    size_t            n_key = mig__sqlite_key_columns(table, key, MAX_SHOWN);
    mig_status        st = MIG_OK;
    mig_buf           sql = MIG_BUF_INIT;
    sqlite3_stmt     *stmt = NULL;
    bool              row;

    mig_buf_printf(&sql, "SELECT %s", table->rowid_name != NULL ? table->rowid_name : "NULL");
    for (size_t i = 0; i < n_key; i++) {
        mig_buf_puts(&sql, ", ");
        mig_buf_identifier(&sql, key[i]->name);
    }
    for (size_t c = 0; c < r->n_columns; c++) {
        mig_buf_puts(&sql, ", ");
        mig_buf_identifier(&sql, r->columns[c]->source->name);
    }
    add_table(&sql, table);
    mig_buf_puts(&sql, " WHERE ");
    add_call(&sql, r, n);
    MIG_TRY(mig__sqlite_prepare(s->source->questions, &sql, table->name, &stmt, err));
    for (;;) {
        MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
        if (!row)
            break;
        if (r->n_orphans++ < MIG_ORPHANS_NAMED)
            name_row(stmt, r, key, n_key);
    }
    MIG_TRY(mig_buf_check(&r->rows, err));
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

/* One scan tells whether any reference of the child lacks a parent; mostly that is all. */
static mig_status
scan_child(search *s, size_t first, size_t end, mig_error *err)
{
    const mig_table *table = s->references[first].child->source;
    mig_status       st = MIG_OK;
    mig_buf          sql = MIG_BUF_INIT;
    sqlite3_stmt    *stmt = NULL;
    bool             any = false;

    mig_buf_puts(&sql, "SELECT 1");
    add_table(&sql, table);
    for (size_t n = first; n < end; n++) {
        if (s->set_of[n]->unsure)
            continue;
        mig_buf_puts(&sql, any ? " OR " : " WHERE ");
        add_call(&sql, &s->references[n], n);
        any = true;
    }
    if (!any)
        goto done;
    mig_buf_puts(&sql, " LIMIT 1");
    MIG_TRY(mig__sqlite_prepare(s->source->questions, &sql, table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &any, err));
    for (size_t n = first; n < end && any; n++)
        if (!s->set_of[n]->unsure)
            MIG_TRY(count_rows(s, n, err));
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
search_child(search *s, size_t first, size_t end, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t n = first; n < end; n++) {
        size_t n_keys = make_room(s, first, end);

        if (!s->set_of[n]->made)
            MIG_TRY(read_keys(s, n, MAX_KEYS - (n_keys < MAX_KEYS ? n_keys : MAX_KEYS), err));
    }
    MIG_TRY(scan_child(s, first, end, err));
done:
    return st;
}

mig_status
mig__sqlite_orphans(mig_source *base, mig_reference *references, size_t n_references,
                    mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    sqlite3            *db = source->questions;
    mig_status          st = MIG_OK;
    search              s = {.source = source,
                             .references = references,
                             .n_references = n_references,
                             .sets = calloc(n_references + 1, sizeof *s.sets),
                             .set_of = calloc(n_references + 1, sizeof *s.set_of)};
    size_t              end;

    if (s.sets == NULL || s.set_of == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the keys of parents");
        goto done;
    }
    MIG_TRY(mig__sqlite_check(source, db, err));
    if (sqlite3_create_function(db, MISSING, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, &s, missing, NULL,
                                NULL) != SQLITE_OK) {
        st = mig__sqlite_fail(db, "the source", err);
        goto done;
    }
    assign_sets(&s);
    for (size_t first = 0; first < n_references; first = end) {
        for (end = first + 1;
             end < n_references && references[end].child == references[first].child;)
            end++;
        MIG_TRY(search_child(&s, first, end, err));
    }
done:
    sqlite3_create_function(db, MISSING, -1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    for (size_t i = 0; s.sets != NULL && i < n_references; i++)
        mig__key_set_fini(&s.sets[i].keys);
    free(s.sets);
    free(s.set_of);
    return st;
}
