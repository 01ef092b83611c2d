/*
 * pg_sync_apply.c - what was staged is inserted, updated and deleted.
 *
 * Where the role owns the tables, their foreign keys are made deferrable for the
 * time of it and looked at in the end; so no order of tables is needed, and
 * tables may refer to each other in a cycle.  What cannot be deferred is what a
 * key does when a row it refers to is deleted (CASCADE, SET NULL, RESTRICT).  The
 * order sees to it that there is no row left by then to which it could happen
 * and should not:
 *
 *   DELETE in tables to which no such key refers    (frees unique values)
 *   UPDATE                                          (rows now refer elsewhere)
 *   DELETE in the others, children first
 *   INSERT
 *
 * Where it does not own them, the keys stand: INSERT and UPDATE parents first,
 * then DELETE children first.
 *
 * Two rows that exchange unique values refuse each other whatever comes first.
 * When the server says so, the transaction goes back to a savepoint, that index is
 * dropped, and everything is done again; the index is made again behind it.
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "copy_error.h"
#include "pg_sink.h"

static const char what[] = "cannot make the target's tables equal";

/* Indexes that are dropped before it is given up. */
#define CLASHES_MOST 100

typedef enum action { INSERT, UPDATE, DELETE } action;

typedef struct applying {
    mig__pg_sink   *sink;
    const mig_plan *plan;
    mig_sync_table *tables;
    mig_buf         names; /* of those that are changed, as in MIG__WRITTEN_SQL */
    mig_buf         all;   /* of all */
    bool            owner;
    bool           *acted; /* beside plan->tables: a key does something when a row is deleted */
    PGresult       *keys, *identities, *triggers;
    PGresult       *before; /* the target's own counts */
    mig_buf         again;  /* statements that make dropped indexes */

    bool     clash; /* a unique index has refused a row: */
    mig_buf  clash_index;
    size_t   clash_table;
    unsigned n_clashes;
} applying;

static bool
is_changed(const mig_sync_table *table)
{
    return table->n_inserted + table->n_updated + table->n_deleted > 0;
}

static mig_status
ask(const applying *a, const char *sql, const mig_buf *names, PGresult **resp, mig_error *err)
{
    const char *params[2] = {a->sink->schema, mig_buf_text(names)};

    return mig__query_rows(&a->sink->control, what, sql, 2, params, resp, err);
}

static mig_status
run(const applying *a, const mig_buf *sql, mig_error *err)
{
    return sql->len > 0 ? mig__query_run_buf(&a->sink->control, what, sql, err) : MIG_OK;
}

/* ---- what stands ---------------------------------------------------------------------------- */

static const char owner_sql[] = MIG__WRITTEN_SQL
    "SELECT NOT EXISTS (SELECT FROM listed l WHERE NOT pg_catalog.pg_has_role(l.relowner, 'USAGE'))"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c"
    "  ON c.oid = k.conrelid WHERE k.contype = 'f' AND k.confrelid IN (SELECT t.oid FROM tree t)"
    "  AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE'))";

/* What partitions have of their root is altered with it. */
static const char keys_sql[] = MIG__WRITTEN_SQL
    "SELECT n.nspname, c.relname, k.conname FROM pg_catalog.pg_constraint k"
    " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE k.contype = 'f' AND NOT k.condeferrable"
    " AND COALESCE(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conparentid', '0') = '0'"
    " AND (k.conrelid IN (SELECT t.oid FROM tree t) OR k.confrelid IN (SELECT t.oid FROM tree t))"
    " ORDER BY 1, 2, 3";

static const char acted_sql[] =
    MIG__WRITTEN_SQL "SELECT DISTINCT l.relname FROM listed l JOIN pg_catalog.pg_constraint k"
                     " ON k.confrelid = l.oid WHERE k.contype = 'f' AND k.confdeltype <> 'a'";

/* ALWAYS: an UPDATE may set them to their default alone. */
static const char identities_sql[] =
    MIG__WRITTEN_SQL "SELECT l.relname, a.attname FROM listed l"
                     " JOIN pg_catalog.pg_attribute a ON a.attrelid = l.oid"
                     " WHERE a.attidentity = 'a' ORDER BY 1, 2";

static mig_status
list_names(applying *a, mig_error *err)
{
    const char *comma = "", *comma_all = "";

    mig_buf_puts(&a->names, "{");
    mig_buf_puts(&a->all, "{");
    for (size_t t = 0; t < a->plan->n_tables; t++) {
        const char *name = a->plan->tables[t].target->name;

        mig_buf_puts(&a->all, comma_all);
        mig__query_element(&a->all, name);
        comma_all = ",";
        if (!is_changed(&a->tables[t]))
            continue;
        mig_buf_puts(&a->names, comma);
        mig__query_element(&a->names, name);
        comma = ",";
    }
    mig_buf_puts(&a->names, "}");
    mig_buf_puts(&a->all, "}");
    a->names.failed = a->names.failed || a->all.failed;
    return mig_buf_check(&a->names, err);
}

static size_t
position(const applying *a, const char *name)
{
    size_t t = 0;

    while (t < a->plan->n_tables && strcmp(a->plan->tables[t].target->name, name) != 0)
        t++;
    return t;
}

static mig_status
refuse_unkeyed(const applying *a, mig_error *err)
{
    for (size_t t = 0; t < a->plan->n_tables; t++) {
        if (!a->acted[t] || a->tables[t].n_key > 0)
            continue;
        mig_raise(err, MIG_E_UNSUPPORTED,
                  "%s has no primary key, and deleting its rows would change those that refer to "
                  "them",
                  a->plan->tables[t].target->name);
        mig_error_hint(err, "give it a primary key in the target, or copy everything again");
        return MIG_E_UNSUPPORTED;
    }
    return MIG_OK;
}

static mig_status
learn(applying *a, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL, *acted = NULL;

    MIG_TRY(mig__query_run(&a->sink->control, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(ask(a, owner_sql, &a->names, &res, err));
    a->owner = mig__query_true(res, 0, 0);
    MIG_TRY(ask(a, keys_sql, &a->names, &a->keys, err));
    MIG_TRY(ask(a, identities_sql, &a->names, &a->identities, err));
    MIG_TRY(ask(a, acted_sql, &a->names, &acted, err));
    for (int i = 0; i < PQntuples(acted); i++)
        a->acted[position(a, PQgetvalue(acted, i, 0))] = true;
    MIG_TRY(refuse_unkeyed(a, err));
    MIG_TRY(mig__triggers_off(a->sink, mig_buf_text(&a->all), &a->triggers, err));
    MIG_TRY(mig__sink_own_path(a->sink, err));
done:
    PQclear(res);
    PQclear(acted);
    return st;
}

static bool
is_key(const mig_sync_table *table, size_t column)
{
    for (size_t i = 0; i < table->n_key; i++)
        if (table->key[i] == column)
            return true;
    return false;
}

/* Whether an UPDATE sets the column. */
static bool
sets(const mig_sync_table *table, const char *column)
{
    for (size_t i = 0; i < table->plan->n_columns; i++)
        if (strcmp(table->plan->columns[i].target->name, column) == 0)
            return !is_key(table, i);
    return false;
}

/* Foreign keys that can be deferred, identities that can be written; and back. */
static mig_status
alter(const applying *a, bool back, mig_error *err)
{
    mig_status st;
    mig_buf    sql = MIG_BUF_INIT;

    for (int i = 0; a->owner && i < PQntuples(a->keys); i++) {
        mig_buf_puts(&sql, "ALTER TABLE ");
        mig__query_name(&sql, PQgetvalue(a->keys, i, 0), PQgetvalue(a->keys, i, 1));
        mig_buf_puts(&sql, " ALTER CONSTRAINT ");
        mig_buf_identifier(&sql, PQgetvalue(a->keys, i, 2));
        mig_buf_puts(&sql, back ? " NOT DEFERRABLE;" : " DEFERRABLE INITIALLY DEFERRED;");
    }
    for (int i = 0; i < PQntuples(a->identities); i++) {
        const mig_sync_table *table = &a->tables[position(a, PQgetvalue(a->identities, i, 0))];

        if (table->n_updated == 0 || !sets(table, PQgetvalue(a->identities, i, 1)))
            continue;
        mig_buf_puts(&sql, "ALTER TABLE ");
        mig__query_name(&sql, a->sink->schema, PQgetvalue(a->identities, i, 0));
        mig_buf_puts(&sql, " ALTER COLUMN ");
        mig_buf_identifier(&sql, PQgetvalue(a->identities, i, 1));
        mig_buf_printf(&sql, " SET GENERATED %s;", back ? "ALWAYS" : "BY DEFAULT");
    }
    st = run(a, &sql, err);
    mig_buf_fini(&sql);
    return st;
}

/* ---- the statements ------------------------------------------------------------------------- */

static void
add_columns(const mig_sync_table *table, mig_buf *sql)
{
    for (size_t i = 0; i < table->plan->n_columns; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        mig_buf_identifier(sql, table->plan->columns[i].target->name);
    }
}

static void
add_insert(const applying *a, const mig_sync_table *table, mig_buf *sql)
{
    if (table->n_inserted == 0)
        return;
    mig_buf_puts(sql, "INSERT INTO ");
    mig__query_home(sql, a->sink->schema, table->plan->target);
    mig_buf_puts(sql, " (");
    add_columns(table, sql);
    mig_buf_puts(sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    add_columns(table, sql);
    mig_buf_printf(sql,
                   " FROM pg_temp.\"" MIG__SYNC_ROWS_TABLE "%zu\" AS w"
                   " WHERE w.\"" MIG__SYNC_MARK "\"",
                   table->index);
}

static void
add_update(const applying *a, const mig_sync_table *table, mig_buf *sql)
{
    const char *word = " AS t SET ";

    if (table->n_updated == 0)
        return;
    mig_buf_puts(sql, "UPDATE ");
    mig__query_table(sql, a->sink->schema, table->plan->target);
    for (size_t i = 0; i < table->plan->n_columns; i++) {
        if (is_key(table, i))
            continue;
        mig_buf_puts(sql, word);
        mig_buf_identifier(sql, table->plan->columns[i].target->name);
        mig_buf_puts(sql, " = w.");
        mig_buf_identifier(sql, table->plan->columns[i].target->name);
        word = ", ";
    }
    mig_buf_printf(sql, " FROM pg_temp.\"" MIG__SYNC_ROWS_TABLE "%zu\" AS w", table->index);
    mig__sync_join(table, "w", sql);
    mig_buf_puts(sql, " AND NOT w.\"" MIG__SYNC_MARK "\"");
}

static void
add_delete(const applying *a, const mig_sync_table *table, mig_buf *sql)
{
    if (table->n_deleted == 0)
        return;
    mig_buf_puts(sql, "DELETE FROM ");
    mig__query_table(sql, a->sink->schema, table->plan->target);
    mig_buf_puts(sql, " AS t");
    if (table->n_key == 0)
        return;
    mig_buf_printf(sql, " USING pg_temp.\"" MIG__SYNC_KEYS_TABLE "%zu\" AS d", table->index);
    mig__sync_join(table, "d", sql);
}

/* Without statistics the server would take the staged rows for many. */
static mig_status
analyze(const applying *a, mig_error *err)
{
    mig_status st;
    mig_buf    sql = MIG_BUF_INIT;

    for (size_t t = 0; t < a->plan->n_tables; t++) {
        if (a->tables[t].staged_rows)
            mig_buf_printf(&sql, "ANALYZE pg_temp.\"" MIG__SYNC_ROWS_TABLE "%zu\";", t);
        if (a->tables[t].staged_keys)
            mig_buf_printf(&sql, "ANALYZE pg_temp.\"" MIG__SYNC_KEYS_TABLE "%zu\";", t);
    }
    st = run(a, &sql, err);
    mig_buf_fini(&sql);
    return st;
}

/* ---- applying ------------------------------------------------------------------------------- */

static mig_status
refused(applying *a, const PGresult *res, size_t t, mig_error *err)
{
    const char *index = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
    const char *table = PQresultErrorField(res, PG_DIAG_TABLE_NAME);
    uint64_t    row;

    if (strcmp(mig__query_sqlstate(res), "23505") == 0 && a->owner && index != NULL &&
        table != NULL && strcmp(table, a->plan->tables[t].target->name) == 0 &&
        a->n_clashes < CLASHES_MOST) {
        a->clash = true;
        a->clash_table = t;
        mig_buf_clear(&a->clash_index);
        mig_buf_puts(&a->clash_index, index);
        return mig_buf_check(&a->clash_index, err);
    }
    return mig__copy_error_raise(&a->sink->control, res, &a->plan->tables[t], 0, &row, err);
}

static mig_status
act(applying *a, size_t t, action which, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    switch (which) {
    case INSERT:
        add_insert(a, &a->tables[t], &sql);
        break;
    case UPDATE:
        add_update(a, &a->tables[t], &sql);
        break;
    case DELETE:
        add_delete(a, &a->tables[t], &sql);
        break;
    }
    if (sql.len == 0)
        goto done;
    MIG_TRY(mig_buf_check(&sql, err));
    if (mig__session_interrupted(&a->sink->control)) {
        st = mig_raise(err, MIG_E_STOPPED, "stopped");
        goto done;
    }
    res = PQexec(a->sink->control.conn, mig_buf_text(&sql));
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        st = refused(a, res, t, err);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* Which deletions: of tables where a key acts on them, of the others, or all. */
typedef enum which_tables { ALL, ACTED, NOT_ACTED } which_tables;

static mig_status
act_on_all(applying *a, action what_to_do, which_tables which, bool backwards, mig_error *err)
{
    const size_t n = a->plan->n_tables;
    mig_status   st = MIG_OK;

    for (size_t i = 0; i < n && !a->clash; i++) {
        const size_t t = backwards ? n - 1 - i : i;

        if (which == ALL || a->acted[t] == (which == ACTED))
            MIG_TRY(act(a, t, what_to_do, err));
    }
done:
    return st;
}

static mig_status
act_in_order(applying *a, mig_error *err)
{
    mig_status st = MIG_OK;

    if (a->owner) {
        MIG_TRY(act_on_all(a, DELETE, NOT_ACTED, true, err));
        MIG_TRY(act_on_all(a, UPDATE, ALL, false, err));
        MIG_TRY(act_on_all(a, DELETE, ACTED, true, err));
        MIG_TRY(act_on_all(a, INSERT, ALL, false, err));
    } else {
        MIG_TRY(act_on_all(a, INSERT, ALL, false, err));
        MIG_TRY(act_on_all(a, UPDATE, ALL, false, err));
        MIG_TRY(act_on_all(a, DELETE, ALL, true, err));
    }
    if (!a->clash)
        MIG_TRY(mig__query_run(&a->sink->control, "the target's foreign keys refuse the rows",
                               "SET CONSTRAINTS ALL IMMEDIATE", err));
done:
    return st;
}

/* ---- the target's own counts ---------------------------------------------------------------- */

static const char counts_sql[] =
    "WITH RECURSIVE tree AS ("
    " SELECT c.oid, c.relname AS root, c.relkind FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname::pg_catalog.text = ANY ($2::pg_catalog.text[])"
    " AND c.relkind NOT IN ('i', 'I', 'S', 't', 'c')"
    " UNION SELECT c.oid, t.root, c.relkind FROM tree t"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE t.relkind = 'p')"
    " SELECT t.root, pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(t.oid)),"
    " pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_updated(t.oid)),"
    " pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(t.oid))"
    " FROM tree t GROUP BY t.root ORDER BY t.root";

static bool
grew_by(const PGresult *before, const PGresult *after, int row, int column, uint64_t n)
{
    return strtoull(PQgetvalue(after, row, column), NULL, 10) -
               strtoull(PQgetvalue(before, row, column), NULL, 10) ==
           n;
}

/*
 * What every row has cost in a table is counted by the server where it is done, also what keys do
 * by themselves; a server that does not count has not seen the changes either.
 */
static mig_status
compare_counts(applying *a, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *after = NULL;
    int        n;

    MIG_TRY(ask(a, counts_sql, &a->all, &after, err));
    n = PQntuples(after) == PQntuples(a->before) ? PQntuples(after) : 0;
    for (size_t t = 0; t < a->plan->n_tables; t++)
        a->tables[t].exact = false;
    for (int i = 0; i < n; i++) {
        const size_t          t = position(a, PQgetvalue(after, i, 0));
        mig_sync_table *const table = &a->tables[t];

        table->exact = strcmp(PQgetvalue(a->before, i, 0), PQgetvalue(after, i, 0)) == 0 &&
                       grew_by(a->before, after, i, 1, table->n_inserted) &&
                       grew_by(a->before, after, i, 2, table->n_updated) &&
                       grew_by(a->before, after, i, 3, table->n_deleted);
    }
done:
    PQclear(after);
    return st;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* Until no index refuses a row that it would not refuse in the end. */
static mig_status
apply(applying *a, mig_error *err)
{
    mig__session *control = &a->sink->control;
    mig_status    st = MIG_OK;

    do {
        a->clash = false;
        PQclear(a->before);
        a->before = NULL;
        MIG_TRY(
            mig__query_run(control, what, "SAVEPOINT staged; SET CONSTRAINTS ALL DEFERRED", err));
        MIG_TRY(ask(a, counts_sql, &a->all, &a->before, err));
        MIG_TRY(act_in_order(a, err));
        if (!a->clash)
            break;
        a->n_clashes++;
        MIG_TRY(mig__query_run(control, what, "ROLLBACK TO staged", err));
        MIG_TRY(mig__index_take_away(a->sink, a->plan->tables[a->clash_table].target->name,
                                     mig_buf_text(&a->clash_index), &a->again, err));
    } while (true);
    MIG_TRY(compare_counts(a, err));
done:
    return st;
}

mig_status
mig__sync_apply(mig__pg_sink *sink, const mig_plan *plan, mig_sync_table *tables, mig_error *err)
{
    mig_status st = MIG_OK;
    applying   a = {.sink = sink,
                    .plan = plan,
                    .tables = tables,
                    .names = MIG_BUF_INIT,
                    .all = MIG_BUF_INIT,
                    .again = MIG_BUF_INIT,
                    .clash_index = MIG_BUF_INIT,
                    .acted = calloc(plan->n_tables + 1, sizeof *a.acted)};

    if (a.acted == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list tables");
    MIG_TRY(list_names(&a, err));
    MIG_TRY(learn(&a, err));
    MIG_TRY(analyze(&a, err));
    MIG_TRY(alter(&a, false, err));
    MIG_TRY(apply(&a, err));
    MIG_TRY(run(&a, &a.again, err));
    MIG_TRY(alter(&a, true, err));
    MIG_TRY(mig__triggers_on(sink, a.triggers, err));
done:
    PQclear(a.keys);
    PQclear(a.identities);
    PQclear(a.triggers);
    PQclear(a.before);
    mig_buf_fini(&a.names);
    mig_buf_fini(&a.all);
    mig_buf_fini(&a.again);
    mig_buf_fini(&a.clash_index);
    free(a.acted);
    return st;
}
