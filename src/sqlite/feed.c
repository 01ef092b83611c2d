/*
 * feed.c - the wire rows of a batch as a table that SQLite reads.
 *
 * A virtual table without a declaration in the schema ("eponymous", SQLite manual,
 * "The Virtual Table Mechanism", 2.1.2).  SQLite asks a row for its columns one by
 * one and has it in the target's table before it asks for the next; so the row in
 * hand is the one that it refuses.
 *
 * Where the fields of a row stand is found when the row begins, and no row is
 * begun that is not whole.  What SQLite is given lies in the batch, or in the
 * scratch of that column alone, since all values of a row are in its hands together.
 *
 * Threads: as feed.h tells.
 */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "row_fields.h"
#include "sqlite_conn.h"

/* MIG__FEED_SQL without what makes it SQL. */
static const char module_name[] = "rows for db-migrate";

struct mig__feed {
    /* Fixed after open. */
    sqlite3              *db;
    const mig_table_plan *plan;
    size_t                n_columns;
    mig__decoder         *decoders;
    mig_buf              *scratch; /* of each column */

    mig_rows   *rows;
    size_t      start, at; /* of the row in hand, and its end */
    uint32_t    row;       /* the row in hand; rows->n_rows: none is left */
    mig__field *fields;

    mig__feed_end end;
    mig__misfit   misfit;
};

typedef struct feed_table {
    sqlite3_vtab base;
    mig__feed   *feed;
} feed_table;

static mig__feed *
feed_of(const sqlite3_vtab_cursor *cursor)
{
    return ((feed_table *)cursor->pVtab)->feed;
}

/* ---- the module's functions: SQLite manual, "The Virtual Table Mechanism" ------------------- */

static int
table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **tablep,
              char **message)
{
    mig__feed  *feed = aux;
    mig_buf     sql = MIG_BUF_INIT;
    feed_table *table = sqlite3_malloc(sizeof *table);
    int         rc = SQLITE_NOMEM;

    (void)argc;
    (void)argv;
    (void)message;
    mig_buf_puts(&sql, "CREATE TABLE x (");
    for (size_t i = 0; i < feed->n_columns; i++)
        mig_buf_printf(&sql, "%sc%zu", i > 0 ? "," : "", i);
    mig_buf_puts(&sql, ")");
    if (table != NULL && !sql.failed)
        rc = sqlite3_declare_vtab(db, mig_buf_text(&sql));
    mig_buf_fini(&sql);
    if (rc != SQLITE_OK) {
        sqlite3_free(table);
        return rc;
    }
    *table = (feed_table){.feed = feed};
    *tablep = &table->base;
    return SQLITE_OK;
}

static int
table_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

/* There is one way to read it. */
static int
table_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1;
    return SQLITE_OK;
}

static int
table_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursorp)
{
    (void)table;
    *cursorp = sqlite3_malloc(sizeof **cursorp);
    if (*cursorp == NULL)
        return SQLITE_NOMEM;
    **cursorp = (sqlite3_vtab_cursor){0};
    return SQLITE_OK;
}

static int
table_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

/* Finds the fields of the row at feed->at, which moves behind it. */
static bool
find_fields(mig__feed *feed)
{
    size_t at = feed->at;

    if (!mig__fields_find(feed->rows, &at, feed->fields, feed->n_columns))
        return false;
    feed->start = feed->at;
    feed->at = at;
    return true;
}

/* Looks at the row that has become the one in hand, if there is one. */
static int
begin_row(mig__feed *feed)
{
    if (feed->row >= feed->rows->n_rows || find_fields(feed))
        return SQLITE_OK;
    feed->end = MIG__FEED_BROKEN;
    return SQLITE_ERROR;
}

static int
table_first(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
            sqlite3_value **argv)
{
    mig__feed *feed = feed_of(cursor);

    (void)number;
    (void)text;
    (void)argc;
    (void)argv;
    feed->at = 0;
    feed->row = 0;
    return begin_row(feed);
}

static int
table_next(sqlite3_vtab_cursor *cursor)
{
    mig__feed *feed = feed_of(cursor);

    feed->row++;
    return begin_row(feed);
}

static int
table_ended(sqlite3_vtab_cursor *cursor)
{
    const mig__feed *feed = feed_of(cursor);

    return feed->row >= feed->rows->n_rows;
}

static int
table_column(sqlite3_vtab_cursor *cursor, sqlite3_context *to, int column)
{
    mig__feed        *feed = feed_of(cursor);
    const mig__field *f = &feed->fields[column];
    mig_fault_kind    kind;

    /* Not left to SQLite: for an INTEGER PRIMARY KEY it would make up a number. */
    if (f->len < 0 && feed->plan->columns[column].target->not_null)
        kind = MIG_FAULT_NOT_NULL;
    else
        kind = mig__decode(&feed->decoders[column], f->data, f->len, to, feed->rows->n_losses);
    if (kind == MIG_FAULT_NONE)
        return SQLITE_OK;
    feed->end = MIG__FEED_MISFIT;
    feed->misfit = (mig__misfit){
        .column = (size_t)column, .data = f->data, .len = f->len, .fault = {.kind = kind}};
    return SQLITE_ERROR;
}

static int
table_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowidp)
{
    *rowidp = feed_of(cursor)->row;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = table_connect, /* without xCreate: it needs no declaration, and can have none */
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_first,
    .xNext = table_next,
    .xEof = table_ended,
    .xColumn = table_column,
    .xRowid = table_rowid,
};

/* ---- the feed ----------------------------------------------------------------------------- */

static mig_status
pick_decoders(mig__feed *feed, bool utf16, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t i = 0; i < feed->n_columns; i++) {
        MIG_TRY(mig__decoder_init(feed->plan, i, &feed->decoders[i], err));
        feed->decoders[i].base.text = &feed->scratch[i];
        feed->decoders[i].utf16 = utf16;
        feed->decoders[i].most_bytes = (size_t)sqlite3_limit(feed->db, SQLITE_LIMIT_LENGTH, -1);
    }
done:
    return st;
}

mig_status
mig__feed_open(sqlite3 *db, const mig_table_plan *plan, bool utf16, mig__feed **feedp,
               mig_error *err)
{
    const size_t n = plan->n_columns;
    mig_status   st = MIG_OK;
    mig__feed   *feed = calloc(1, sizeof *feed);

    *feedp = NULL;
    if (feed == NULL || (feed->scratch = calloc(n + 1, sizeof *feed->scratch)) == NULL ||
        (feed->decoders = calloc(n + 1, sizeof *feed->decoders)) == NULL ||
        (feed->fields = calloc(n + 1, sizeof *feed->fields)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a chunk");
        goto done;
    }
    feed->plan = plan;
    feed->n_columns = n;
    feed->db = db;
    MIG_TRY(pick_decoders(feed, utf16, err));
    if (sqlite3_create_module_v2(db, module_name, &module, feed, NULL) != SQLITE_OK) {
        st = mig__sqlite_fail(db, plan->target->name, err);
        goto done;
    }
    *feedp = feed;
    feed = NULL;
done:
    mig__feed_close(feed);
    return st;
}

void
mig__feed_give(mig__feed *feed, mig_rows *rows)
{
    feed->rows = rows;
    feed->at = 0;
    feed->row = 0;
    feed->end = MIG__FEED_INNOCENT;
}

bool
mig__feed_is_taken(const mig__feed *feed)
{
    return feed->row == feed->rows->n_rows && feed->at == feed->rows->len;
}

uint32_t
mig__feed_row(const mig__feed *feed)
{
    return feed->row;
}

bool
mig__feed_is_refused(const mig__feed *feed, uint32_t *nthp, size_t *startp, size_t *endp)
{
    *nthp = feed->row;
    *startp = feed->start;
    *endp = feed->at;
    return feed->end == MIG__FEED_INNOCENT && feed->row < feed->rows->n_rows;
}

mig__feed_end
mig__feed_refusal(const mig__feed *feed, mig__misfit *misfit)
{
    if (feed->end == MIG__FEED_MISFIT)
        *misfit = feed->misfit;
    return feed->end;
}

/* The key that is another name of the rowid, unless its table says DESC in an odd place. */
static bool
is_whole_key(const mig_table *table, const mig_column *column)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].pk_position > 1)
            return false;
    return column->pk_position == 1 && table->rowid_name != NULL;
}

/* What a column takes only if it is of this class, which an INSERT finds too late: the whole
 * statement fails then and cannot be taken back (STRICT tables; the rowid). */
static bool
takes_class(const mig__feed *feed, size_t column, mig_value_class class)
{
    const mig_table  *table = feed->plan->target;
    const mig_column *c = feed->plan->columns[column].target;
    const char       *type = c->type;

    if (class == MIG_VALUE_NULL)
        return true;
    if (sqlite3_stricmp(type, "INTEGER") == 0 && (table->strict || is_whole_key(table, c)))
        return class == MIG_VALUE_INTEGER;
    if (!table->strict || sqlite3_stricmp(type, "ANY") == 0)
        return true;
    if (sqlite3_stricmp(type, "INT") == 0)
        return class == MIG_VALUE_INTEGER;
    if (sqlite3_stricmp(type, "REAL") == 0)
        return class == MIG_VALUE_REAL || class == MIG_VALUE_INTEGER;
    return class == (sqlite3_stricmp(type, "BLOB") == 0 ? MIG_VALUE_BLOB : MIG_VALUE_TEXT);
}

mig__feed_end
mig__feed_judge(mig__feed *feed, mig_rows *rows, size_t at, size_t *usedp, mig__misfit *misfit)
{
    feed->rows = rows;
    feed->at = at;
    if (!find_fields(feed))
        return MIG__FEED_BROKEN;
    *usedp = feed->at - at;
    for (size_t i = 0; i < feed->n_columns; i++) {
        const mig__field *f = &feed->fields[i];
        mig_value_class class;
        mig_fault_kind kind = MIG_FAULT_NOT_NULL;

        if (f->len >= 0 || !feed->plan->columns[i].target->not_null) {
            kind = mig__decode_try(&feed->decoders[i], f->data, f->len, &class);
            if (kind == MIG_FAULT_NONE && !takes_class(feed, i, class))
                kind = MIG_FAULT_CLASS;
        }
        if (kind == MIG_FAULT_NONE)
            continue;
        *misfit =
            (mig__misfit){.column = i, .data = f->data, .len = f->len, .fault = {.kind = kind}};
        return MIG__FEED_MISFIT;
    }
    return MIG__FEED_INNOCENT;
}

void
mig__feed_close(mig__feed *feed)
{
    if (feed == NULL)
        return;
    if (feed->db != NULL) /* the connection must not find it any more */
        (void)sqlite3_create_module_v2(feed->db, module_name, NULL, NULL, NULL);
    for (size_t i = 0; feed->scratch != NULL && i < feed->n_columns; i++)
        mig_buf_fini(&feed->scratch[i]);
    free(feed->scratch);
    free(feed->decoders);
    free(feed->fields);
    free(feed);
}
