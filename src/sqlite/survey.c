/*
 * survey.c - one pass over a segment that looks at its values.
 *
 * The values are looked at by an SQL function of ours in the condition of the
 * scan, which is false as long as the scan is to go on: SQLite hands over a row's
 * values in one call and comes back to us once per turn.  Stepping from row to
 * row and asking for each column costs as much as most of the looking.
 *
 * The rows of a turn are counted by what they hold, so that turns take about
 * the same time whether rows are short or long; between turns the engine may
 * give half of what is left to another reader.  The rowid at which a turn ended
 * is where the next one goes on.  Cutting is by the width of the range of rowids:
 * counting rows would cost as much as looking at them, and a cut that was a bad
 * one is soon followed by the next.
 *
 * Threads: the reader's.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "sqlite_source.h"
#include "survey_value.h"

/* A turn: some milliseconds.  What a row counts beside the bytes of its texts and blobs. */
#define TURN_WEIGHT (UINT64_C(2) * 1024 * 1024)
#define ROW_WEIGHT  64

#define CHECK_EVERY 256 /* rows between two looks for an interrupt that hit no step */

typedef struct turn {
    mig__sqlite_source *source;
    sqlite3            *db;
    mig_survey_table   *found;
    mig__watch         *watches; /* beside the function's arguments, group after group */
    size_t              n_watches;
    mig__probe         *probes;
    sqlite3_stmt       *stmt; /* gives the rowid, if there is one, at the end of the turn */
    mig__look           look;

    /* A function takes only so many arguments: then it is called several times for a row. */
    size_t group_len;
    size_t n_groups;
    size_t n_seen; /* of the current row */

    /* How the scan goes on. */
    bool       can_pause;
    uint64_t   weight;
    mig_status st;
    mig_error *err;
} turn;

/* Generated ones too: in the target they may be ordinary columns. */
static mig_status
watch_columns(turn *t, mig_error *err)
{
    size_t n_probes = 0;

    for (size_t i = 0; i < t->found->n_columns; i++)
        n_probes += t->found->columns[i].n_trials;
    t->watches = calloc(t->found->n_columns + 1, sizeof *t->watches);
    t->probes = calloc(n_probes + 1, sizeof *t->probes);
    if (t->watches == NULL || t->probes == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the survey of table %s",
                         t->found->table->name);
    n_probes = 0;
    for (size_t i = 0; i < t->found->n_columns; i++) {
        mig_survey_column *column = &t->found->columns[i];

        mig__watch_init(&t->watches[t->n_watches++], column, t->probes + n_probes, &t->look);
        n_probes += column->n_trials;
    }
    return MIG_OK;
}

/* ---- the function ------------------------------------------------------------------------- */

#define FUNCTION "mig_survey"

/* Whether the scan is to end here. */
static bool
end_row(turn *t)
{
    t->n_seen = 0;
    t->look.nth++;
    t->weight += ROW_WEIGHT;
    if (t->look.nth % CHECK_EVERY == 0)
        t->st = mig__sqlite_check(t->source, t->db, t->err);
    return t->st != MIG_OK || (t->can_pause && t->weight >= TURN_WEIGHT);
}

/* mig_survey(group, value...): not 0 at the end of the turn. */
static void
look_at_values(sqlite3_context *context, int n, sqlite3_value **values)
{
    turn       *t = sqlite3_user_data(context);
    mig__watch *watch = t->watches + (size_t)sqlite3_value_int64(values[0]) * t->group_len;
    bool        over = false;

    for (int i = 1; i < n && t->st == MIG_OK; i++)
        t->st = mig__watch_value(watch++, &t->look, values[i], &t->weight, t->err);
    if (t->st != MIG_OK)
        over = true;
    else if (++t->n_seen == t->n_groups)
        over = end_row(t);
    sqlite3_result_int(context, over);
}

/* Under the same name for every turn; no statement that has it outlives its turn. */
static mig_status
set_function(turn *t, bool on, mig_error *err)
{
    int rc = sqlite3_create_function_v2(t->db, FUNCTION, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, t,
                                        on ? look_at_values : NULL, NULL, NULL, NULL);

    return rc == SQLITE_OK ? MIG_OK : mig__sqlite_fail(t->db, t->found->table->name, err);
}

/* All calls are made for each row: `|` looks at both sides. */
static void
add_condition(const turn *t, mig_buf *sql)
{
    for (size_t group = 0; group < t->n_groups; group++) {
        size_t first = group * t->group_len;

        mig_buf_printf(sql, "%s" FUNCTION "(%zu", group > 0 ? " | " : "", group);
        for (size_t i = first; i < t->n_watches && i < first + t->group_len; i++) {
            mig_buf_puts(sql, ", ");
            mig_buf_identifier(sql, t->watches[i].found->column->name);
        }
        mig_buf_puts(sql, ")");
    }
}

static mig_status
prepare(turn *t, mig_error *err)
{
    const mig_table *table = t->found->table;
    mig_status       st = MIG_OK;
    mig_buf          sql = MIG_BUF_INIT, condition = MIG_BUF_INIT;

    t->group_len = (size_t)sqlite3_limit(t->db, SQLITE_LIMIT_FUNCTION_ARG, -1) - 1;
    t->n_groups = t->n_watches > 0 ? (t->n_watches + t->group_len - 1) / t->group_len : 1;
    add_condition(t, &condition);
    MIG_TRY(mig_buf_check(&condition, err));
    mig_buf_printf(&sql, "SELECT %s", table->rowid_name != NULL ? table->rowid_name : "NULL");
    MIG_TRY(
        mig__sqlite_scan_where(t->db, table, t->look.segment, mig_buf_text(&condition), &sql, err));
    MIG_TRY(mig__sqlite_prepare(t->db, &sql, table->name, &t->stmt, err));
done:
    mig_buf_fini(&sql);
    mig_buf_fini(&condition);
    return st;
}

/* ---- a turn ------------------------------------------------------------------------------- */

/* The segment behind the row at which the turn ended; false: there is none. */
static bool
rest_of(const turn *t, mig_segment *rest)
{
    int64_t last = sqlite3_column_int64(t->stmt, 0);

    if (last == INT64_MAX)
        return false;
    *rest = *t->look.segment;
    rest->has_lower = true;
    rest->lower = last + 1;
    return true;
}

static mig_status
look_at_rows(turn *t, mig_segment *rest, bool *morep, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       row;

    t->can_pause = t->found->table->rowid_name != NULL;
    t->err = err;
    MIG_TRY(mig__sqlite_step(t->stmt, t->found->table->name, &row, err));
    MIG_TRY(t->st);
    if (row)
        *morep = rest_of(t, rest);
    t->found->n_rows += t->look.nth;
    for (size_t i = 0; i < t->n_watches; i++)
        mig__watch_end(&t->watches[i]);
done:
    return st;
}

/* With the connection's mutex held where it has one. */
static mig_status
run_turn(turn *t, mig_segment *segment, bool *morep, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__sqlite_check(t->source, t->db, err));
    MIG_TRY(watch_columns(t, err));
    MIG_TRY(set_function(t, true, err));
    MIG_TRY(prepare(t, err));
    MIG_TRY(look_at_rows(t, segment, morep, err));
done:
    sqlite3_finalize(t->stmt);
    return st != MIG_OK ? st : set_function(t, false, err);
}

mig_status
mig__sqlite_survey(mig_source *base, unsigned reader, mig_survey_table *found, mig_segment *segment,
                   bool *morep, mig_error *err)
{
    const mig_segment whole = *segment;
    mig_status        st = MIG_OK;
    turn              t = {.source = mig__sqlite_source_of(base), .found = found};

    *morep = false;
    t.look.segment = &whole;
    t.look.utf16 = t.source->utf16;
    MIG_TRY(mig__sqlite_reader(t.source, reader, &t.db, err));
    /* There is one only where the reader shares the connection for questions. */
    sqlite3_mutex_enter(sqlite3_db_mutex(t.db));
    st = run_turn(&t, segment, morep, err);
    sqlite3_mutex_leave(sqlite3_db_mutex(t.db));
done:
    mig__look_fini(&t.look);
    free(t.watches);
    free(t.probes);
    return st;
}

/* ---- cutting ------------------------------------------------------------------------------ */

/* Appends the subquery of a segment's first or last rowid. */
static void
add_edge(const mig_table *table, const mig_segment *segment, const char *order, mig_buf *sql)
{
    const char *key = table->rowid_name;

    mig_buf_printf(sql, "(SELECT %s FROM main.", key);
    mig_buf_identifier(sql, table->name);
    mig_buf_printf(sql, " NOT INDEXED WHERE %s BETWEEN %" PRId64 " AND %" PRId64, key,
                   segment->has_lower ? segment->lower : INT64_MIN,
                   segment->has_upper ? segment->upper : INT64_MAX);
    mig_buf_printf(sql, " ORDER BY %s %s LIMIT 1)", key, order);
}

/* The rowids of the segment's first and last row; false in *foundp if it has none. */
static mig_status
find_edges(sqlite3 *db, const mig_table *table, const mig_segment *segment, int64_t edges[2],
           bool *foundp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    *foundp = false;
    mig_buf_puts(&sql, "SELECT ");
    add_edge(table, segment, "ASC", &sql);
    mig_buf_puts(&sql, ", ");
    add_edge(table, segment, "DESC", &sql);
    MIG_TRY(mig__sqlite_prepare(db, &sql, table->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, table->name, &row, err));
    *foundp = row && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER;
    edges[0] = sqlite3_column_int64(stmt, 0);
    edges[1] = sqlite3_column_int64(stmt, 1);
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sqlite_survey_cut(mig_source *base, unsigned reader, const mig_table *table,
                       mig_segment *segment, mig_segment *upperp, bool *cutp, mig_error *err)
{
    mig__sqlite_source *source = mig__sqlite_source_of(base);
    mig_status          st = MIG_OK;
    sqlite3            *db;
    int64_t             edges[2] = {0, 0};
    bool                found = false;

    *cutp = false;
    if (table->rowid_name == NULL)
        return MIG_OK;
    MIG_TRY(mig__sqlite_reader(source, reader, &db, err));
    MIG_TRY(mig__sqlite_check(source, db, err));
    MIG_TRY(find_edges(db, table, segment, edges, &found, err));
    if (!found || edges[0] >= edges[1])
        goto done;
    *upperp = *segment;
    segment->has_upper = true;
    /* The width may be more than an int64 holds, half of it is not. */
    segment->upper = edges[0] + (int64_t)(((uint64_t)edges[1] - (uint64_t)edges[0]) / 2);
    upperp->has_lower = true;
    upperp->lower = segment->upper + 1;
    *cutp = true;
done:
    return st;
}
