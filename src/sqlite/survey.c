/*
 * survey.c - one pass over a segment that looks at its values.
 *
 * The rows of a turn are counted by what they hold, so that turns take about
 * the same time whether rows are short or long; between turns the engine may
 * give half of what is left to another reader.  The last rowid read is where the
 * next turn goes on.  Cutting is by the width of the range of rowids: counting
 * rows would cost as much as looking at them, and a cut that was a bad one is
 * soon followed by the next.
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
    mig__watch         *watches; /* beside the statement's columns */
    size_t              n_watches;
    mig__probe         *probes;
    sqlite3_stmt       *stmt; /* behind the columns: the rowid, if there is one */
    mig__look           look;
} turn;

/* The columns whose values are stored. */
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

        if (column->column->generated)
            continue;
        mig__watch_init(&t->watches[t->n_watches++], column, t->probes + n_probes, &t->look);
        n_probes += column->n_trials;
    }
    return MIG_OK;
}

static mig_status
prepare(turn *t, mig_error *err)
{
    const mig_table *table = t->found->table;
    mig_status       st = MIG_OK;
    mig_buf          sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < t->n_watches; i++) {
        mig_buf_identifier(&sql, t->watches[i].found->column->name);
        mig_buf_puts(&sql, ", ");
    }
    mig_buf_puts(&sql, table->rowid_name != NULL ? table->rowid_name : "NULL");
    MIG_TRY(mig__sqlite_scan(t->db, table, t->look.segment, &sql, err));
    MIG_TRY(mig__sqlite_prepare(t->db, &sql, table->name, &t->stmt, err));
done:
    mig_buf_fini(&sql);
    return st;
}

/* The segment behind the current row; false: there is none. */
static bool
rest_of(const turn *t, mig_segment *rest)
{
    int64_t last = sqlite3_column_int64(t->stmt, (int)t->n_watches);

    if (last == INT64_MAX)
        return false;
    *rest = *t->look.segment;
    rest->has_lower = true;
    rest->lower = last + 1;
    return true;
}

static mig_status
look_at_row(turn *t, uint64_t *weightp, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < t->n_watches; i++)
        MIG_TRY(mig__watch_value(&t->watches[i], &t->look, sqlite3_column_value(t->stmt, (int)i),
                                 weightp, err));
    *weightp += ROW_WEIGHT;
done:
    return st;
}

static mig_status
look_at_rows(turn *t, mig_segment *rest, bool *morep, mig_error *err)
{
    const bool can_pause = t->found->table->rowid_name != NULL;
    mig_status st = MIG_OK;
    uint64_t   weight = 0;
    bool       row = true;

    for (;;) {
        if (t->look.nth % CHECK_EVERY == 0)
            MIG_TRY(mig__sqlite_check(t->source, t->db, err));
        MIG_TRY(mig__sqlite_step(t->stmt, t->found->table->name, &row, err));
        if (!row)
            break;
        MIG_TRY(look_at_row(t, &weight, err));
        t->look.nth++;
        if (can_pause && weight >= TURN_WEIGHT) {
            *morep = rest_of(t, rest);
            break;
        }
    }
    t->found->n_rows += t->look.nth;
done:
    return st;
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
    st = mig__sqlite_check(t.source, t.db, err);
    if (st == MIG_OK)
        st = watch_columns(&t, err);
    if (st == MIG_OK)
        st = prepare(&t, err);
    if (st == MIG_OK)
        st = look_at_rows(&t, segment, morep, err);
    for (size_t i = 0; st == MIG_OK && i < t.n_watches; i++)
        mig__watch_end(&t.watches[i]);
    sqlite3_finalize(t.stmt);
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
