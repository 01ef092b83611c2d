/*
 * pg_orphans.c - rows of a PostgreSQL source that refer to rows which are not
 * there.
 *
 * Asked only where the source has no key of its own that says so, or one that is
 * NOT VALID.  The server
 * joins the tables; texts are compared byte by byte, whatever their collation.
 * Columns that become another kind of value on the way are not judged.
 *
 * Threads: the source's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"
#include "pg_source.h"

/* Characters of a value that are shown. */
#define SHOWN_CHARS 60

static bool
is_text(const mig_column *column)
{
    return column->base != NULL && (strcmp(column->base, "pg_catalog.text") == 0 ||
                                    strcmp(column->base, "pg_catalog.varchar") == 0);
}

/* Whether values are equal here exactly if they will be in the target: not if, say, a text becomes
 * a uuid. */
static bool
keeps_its_kind(const mig_column_plan *column)
{
    const mig_column *source = column->source;

    if (mig_wire_is_integer(column->wire))
        return mig_wire_is_integer(source->wire);
    if (column->wire == MIG_WIRE_TEXT)
        return is_text(source);
    return source->wire == column->wire;
}

static bool
can_judge(const mig_reference *r)
{
    for (size_t i = 0; i < r->n_columns; i++)
        if (!keeps_its_kind(r->columns[i]) || !keeps_its_kind(r->parent_columns[i]))
            return false;
    return true;
}

static void
add_column(mig_buf *sql, const char *alias, const mig_column *column, bool bytewise)
{
    mig_buf_printf(sql, "%s.", alias);
    mig_buf_identifier(sql, column->name);
    if (bytewise)
        mig_buf_puts(sql, " COLLATE pg_catalog.\"C\"");
}

/* ` FROM child c WHERE c.a IS NOT NULL AND ... NOT EXISTS (...)` */
static void
add_orphans(const mig__pg_source *source, const mig_reference *r, mig_buf *sql)
{
    mig_buf_puts(sql, " FROM ");
    mig__query_table(sql, source->schemas.name, r->child->source);
    mig_buf_puts(sql, " c WHERE ");
    for (size_t i = 0; i < r->n_columns; i++) {
        add_column(sql, "c", r->columns[i]->source, false);
        mig_buf_puts(sql, " IS NOT NULL AND ");
    }
    mig_buf_puts(sql, "NOT EXISTS (SELECT FROM ");
    mig__query_table(sql, source->schemas.name, r->parent->source);
    mig_buf_puts(sql, " p WHERE ");
    for (size_t i = 0; i < r->n_columns; i++) {
        bool bytewise = is_text(r->columns[i]->source);

        mig_buf_puts(sql, i > 0 ? " AND " : "");
        add_column(sql, "p", r->parent_columns[i]->source, bytewise);
        mig_buf_puts(sql, " OPERATOR(pg_catalog.=) ");
        add_column(sql, "c", r->columns[i]->source, bytewise);
    }
    mig_buf_puts(sql, ")");
}

static mig_status
ask(mig__pg_source *source, const mig_buf *sql, PGresult **resp, mig_error *err)
{
    mig_status st = mig_buf_check(sql, err);

    return st != MIG_OK ? st
                        : mig__query_rows(&source->control, "cannot look for orphan rows",
                                          mig_buf_text(sql), 0, NULL, resp, err);
}

static bool
is_secret(const mig_table_plan *plan, const mig_column *column)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].source == column)
            return plan->columns[i].secret;
    return false;
}

/* Columns whose values name a row: those of the primary key, then those of the reference. */
static void
add_names(const mig_reference *r, bool select, const PGresult *res, int row, mig_buf *out)
{
    const mig_table *table = r->child->source;
    int              n = 0;

    for (size_t i = 0; i < table->n_columns + r->n_columns; i++) {
        bool              of_key = i < table->n_columns;
        const mig_column *column =
            of_key ? &table->columns[i] : r->columns[i - table->n_columns]->source;

        if (of_key && column->pk_position == 0)
            continue;
        if (select) {
            mig_buf_puts(out, n > 0 ? ", " : "SELECT ");
            add_column(out, "c", column, false);
        } else {
            const char *value = PQgetvalue(res, row, n);
            char        shown[4 * SHOWN_CHARS + 8];

            mig_text_excerpt(value, strlen(value), SHOWN_CHARS, shown, sizeof shown);
            mig_buf_puts(out, n == 0 ? "" : i == table->n_columns ? ": " : ", ");
            mig_buf_printf(out, "%s = %s", column->name,
                           is_secret(r->child, column) ? "(secret)" : shown);
        }
        n++;
    }
}

static mig_status
search(mig__pg_source *source, mig_reference *r, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    mig_buf_puts(&sql, "SELECT pg_catalog.count(*)");
    add_orphans(source, r, &sql);
    MIG_TRY(ask(source, &sql, &res, err));
    r->n_orphans = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
    if (r->n_orphans == 0)
        goto done;
    PQclear(res);
    res = NULL;
    mig_buf_clear(&sql);
    add_names(r, true, NULL, 0, &sql);
    add_orphans(source, r, &sql);
    mig_buf_printf(&sql, " LIMIT %d", MIG_ORPHANS_NAMED);
    MIG_TRY(ask(source, &sql, &res, err));
    for (int row = 0; row < PQntuples(res); row++) {
        add_names(r, false, res, row, &r->rows);
        mig_buf_puts(&r->rows, "\n");
    }
    MIG_TRY(mig_buf_check(&r->rows, err));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__pg_orphans(mig_source *base, mig_reference *references, size_t n_references, mig_error *err)
{
    mig__pg_source *source = mig__pg_source_of(base);
    mig_status      st = MIG_OK;

    for (size_t i = 0; i < n_references; i++) {
        mig_reference *r = &references[i];

        if (!can_judge(r))
            continue;
        MIG_TRY(mig__pg_source_may_read(source, r->child->source, err));
        MIG_TRY(mig__pg_source_may_read(source, r->parent->source, err));
        MIG_TRY(mig__pg_source_ask(source, err));
        st = search(source, r, err);
        if (st != MIG_OK)
            mig__pg_source_explain(source, r->child->source, st, err);
        mig__pg_source_asked(source);
        MIG_TRY(st);
    }
done:
    return st;
}

/* ---- keys of the source that are NOT VALID ------------------------------------------------ */

static const mig_column *
find_column(const mig_table *table, const char *name)
{
    return name != NULL ? mig_table_find(table, name) : NULL;
}

static void
tell_orphans(const mig_reference *r, const mig_foreign_key *key, mig_buf *found)
{
    const char *text = mig_buf_text(&r->rows);

    if (r->n_orphans == 0)
        return;
    mig_buf_printf(found, "%" PRIu64 " row%s of %s refer%s to rows of %s that are not there (%s):",
                   r->n_orphans, r->n_orphans == 1 ? "" : "s", r->child->source->name,
                   r->n_orphans == 1 ? "s" : "", r->parent->source->name, key->name);
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
        mig_buf_printf(found, "%s %.*s", text == mig_buf_text(&r->rows) ? "" : ";",
                       (int)(end - text), text);
    mig_buf_puts(found, r->n_orphans > MIG_ORPHANS_NAMED ? "; ...\n" : "\n");
}

/* The columns of both tables as they would be planned if nothing became of them; false: some are
 * not known here. */
static bool
plan_columns(const mig_table *child, const mig_table *parent, const mig_foreign_key *key,
             mig_column_plan *columns, const mig_column_plan **list)
{
    const size_t n = key->n_columns;

    if (parent == NULL || !key->bytewise)
        return false;
    for (size_t i = 0; i < 2 * n; i++) {
        const mig_column *column = i < n ? find_column(child, key->columns[i])
                                         : find_column(parent, key->parent_columns[i - n]);

        if (column == NULL)
            return false;
        columns[i] = (mig_column_plan){.source = column, .target = column, .wire = column->wire};
        list[i] = &columns[i];
    }
    return true;
}

static mig_status
check_key(mig_source *base, const mig_catalog *catalog, const mig_table *table,
          const mig_foreign_key *key, mig_buf *found, mig_error *err)
{
    const size_t            n = key->n_columns;
    mig_status              st = MIG_OK;
    const mig_table        *parent = mig_catalog_find(catalog, key->parent);
    mig_column_plan        *columns = calloc(2 * n + 1, sizeof *columns);
    const mig_column_plan **list = calloc(2 * n + 1, sizeof *list);
    mig_table_plan          child_plan = {.source = table}, parent_plan = {.source = parent};
    mig_reference           r = {.child = &child_plan,
                                 .parent = &parent_plan,
                                 .columns = list,
                                 .parent_columns = list + n,
                                 .n_columns = n,
                                 .rows = MIG_BUF_INIT};

    if (columns == NULL || list == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot look at a foreign key");
        goto done;
    }
    if (!plan_columns(table, parent, key, columns, list) || !can_judge(&r)) {
        mig_buf_printf(found, "the foreign key %s of %s is NOT VALID and could not be checked\n",
                       key->name, table->name);
        goto done;
    }
    MIG_TRY(mig__pg_orphans(base, &r, 1, err));
    tell_orphans(&r, key, found);
    st = mig_buf_check(found, err);
done:
    mig_buf_fini(&r.rows);
    free(columns);
    free(list);
    return st;
}

mig_status
mig__pg_check_source(mig_source *base, const mig_catalog *catalog, mig_buf *found, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t t = 0; t < catalog->n_tables; t++) {
        const mig_table *table = &catalog->tables[t];

        for (size_t k = 0; k < table->n_foreign_keys; k++)
            if (!table->foreign_keys[k].validated)
                MIG_TRY(check_key(base, catalog, table, &table->foreign_keys[k], found, err));
    }
done:
    return st;
}
