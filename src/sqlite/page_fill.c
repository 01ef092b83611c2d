/*
 * page_fill.c - the rows of a batch as pages of the temporary file.
 *
 * What is written is what an INSERT would have: values are decoded by the same
 * decoders, which allow none that SQLite would convert, and the record knows what
 * it has no business with.  The file is checked as a whole at the end, by
 * SQLite (sqlite_finish.c).
 *
 * The connection learns of new pages as if another process had written them: with
 * its lock given up it looks at the file's change counter when it reads again
 * (SQLite manual, "PRAGMA locking_mode"; "Database File Format", 1.3.5).
 *
 * Threads: as page_fill.h tells.
 */
#include "page_fill.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "row_fields.h"
#include "row_record.h"
#include "table_pages.h"

typedef struct place {
    mig__decoder decoder;
    mig_buf      scratch; /* of the decoder */
    bool         not_null;
    bool         is_rowid;
    size_t       field; /* in the wire row */
} place;

struct mig__page_fill {
    /* Fixed after open. */
    mig__sqlite_sink     *sink;
    const mig_table_plan *plan;
    place                *places; /* in the order of the table's columns */
    size_t                n_places;
    size_t                most_bytes; /* of a value, and of a row */

    mig__table_pages *pages;
    mig__row_record   record;
    mig__field       *fields;
    bool              has_rows;
    int64_t           last_rowid;
};

/* ---- which tables -------------------------------------------------------------------------- */

/* The root page of a table whose rows SQLite would store without another look; 0: it is not. */
static mig_status
find_root(mig__sqlite_sink *sink, const mig_table_plan *plan, uint32_t *rootp, mig_error *err)
{
    static const char question[] =
        "SELECT t.rootpage, t.sql, (SELECT count(*) FROM main.sqlite_schema AS o"
        " WHERE o.type IN ('index', 'trigger') AND o.tbl_name = t.name COLLATE NOCASE)"
        " FROM main.sqlite_schema AS t WHERE t.type = 'table' AND t.name = ?1 COLLATE NOCASE";
    mig_status    st = MIG_OK;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    *rootp = 0;
    if (plan->target->strict || plan->target->rowid_name == NULL)
        return MIG_OK;
    MIG_TRY(mig__sqlite_ask(sink->made, question, plan->target->name, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, plan->target->name, &row, err));
    /* The word may stand for something else, which costs no more than time. */
    if (row && sqlite3_column_int(stmt, 2) == 0 &&
        sqlite3_strlike("%check%", (const char *)sqlite3_column_text(stmt, 1), 0) != 0)
        *rootp = (uint32_t)sqlite3_column_int64(stmt, 0);
done:
    sqlite3_finalize(stmt);
    return st;
}

/* The field of the wire row that is the column's; n_columns: none is. */
static size_t
field_of(const mig_table_plan *plan, const char *column)
{
    size_t i = 0;

    while (i < plan->n_columns && sqlite3_stricmp(plan->columns[i].target->name, column) != 0)
        i++;
    return i;
}

/* Every column of the table has to come with the rows.  *allp: it does. */
static mig_status
find_places(mig__page_fill *fill, bool *allp, mig_error *err)
{
    static const char     question[] = "SELECT name, hidden, \"notnull\", pk"
                                       " FROM pragma_table_xinfo(?1) ORDER BY cid";
    const mig_table_plan *plan = fill->plan;
    const char           *table = plan->target->name;
    sqlite3              *db = fill->sink->made;
    mig_status            st = MIG_OK;
    sqlite3_stmt         *stmt = NULL;
    bool                  row;

    *allp = false;
    MIG_TRY(mig__sqlite_ask(db, question, table, &stmt, err));
    for (;;) {
        place *p = &fill->places[fill->n_places];

        MIG_TRY(mig__sqlite_step(stmt, table, &row, err));
        if (!row)
            break;
        if (fill->n_places == plan->n_columns || sqlite3_column_int(stmt, 1) != 0)
            goto done;
        p->field = field_of(plan, (const char *)sqlite3_column_text(stmt, 0));
        if (p->field == plan->n_columns)
            goto done;
        fill->n_places++;
        p->not_null = sqlite3_column_int(stmt, 2) != 0 || plan->columns[p->field].target->not_null;
        p->is_rowid = sqlite3_column_int(stmt, 3) != 0; /* else the key had an index */
        MIG_TRY(mig__decoder_init(plan, p->field, &p->decoder, err));
        p->decoder.base.text = &p->scratch;
        p->decoder.most_bytes = fill->most_bytes;
    }
    *allp = fill->n_places == plan->n_columns;
done:
    sqlite3_finalize(stmt);
    return st;
}

mig_status
mig__page_fill_open(mig__sqlite_sink *sink, const mig_table_plan *plan, mig__page_fill **fillp,
                    mig_error *err)
{
    const size_t    n = plan->n_columns;
    mig_status      st = MIG_OK;
    mig__page_fill *fill = NULL;
    uint32_t        root;
    bool            all;

    *fillp = NULL;
    MIG_TRY(find_root(sink, plan, &root, err));
    if (root == 0 || n == 0)
        goto done;
    if ((fill = calloc(1, sizeof *fill)) == NULL ||
        (fill->places = calloc(n + 1, sizeof *fill->places)) == NULL ||
        (fill->fields = calloc(n, sizeof *fill->fields)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a chunk");
        goto done;
    }
    fill->sink = sink;
    fill->plan = plan;
    fill->most_bytes = (size_t)sqlite3_limit(sink->made, SQLITE_LIMIT_LENGTH, -1);
    MIG_TRY(find_places(fill, &all, err));
    if (!all)
        goto done;
    MIG_TRY(mig__row_record_init(&fill->record, n, err));
    MIG_TRY(mig__table_pages_open(sink->made_fd, root, &fill->pages, err));
    if (fill->pages == NULL)
        goto done;
    *fillp = fill;
    fill = NULL;
done:
    mig__page_fill_close(fill);
    return st;
}

/* ---- rows ---------------------------------------------------------------------------------- */

mig_status
mig__page_fill_begin(mig__page_fill *fill, mig_error *err)
{
    mig_status st = MIG_OK;

    /* The lock is given up by the next look at the file. */
    MIG_TRY(mig__sqlite_write(
        fill->sink, "PRAGMA locking_mode = NORMAL; SELECT 1 FROM main.sqlite_schema LIMIT 1",
        fill->sink->made_path, err));
    MIG_TRY(mig__table_pages_begin(fill->pages, err));
done:
    return st;
}

/* The rowid that the value is, if it is one behind all others. */
static bool
is_next_rowid(const mig__page_fill *fill, const mig_value *value, int64_t *rowidp)
{
    *rowidp = value->integer;
    return value->class == MIG_VALUE_INTEGER &&
           (!fill->has_rows || value->integer > fill->last_rowid);
}

/* Makes the record and the rowid of the row whose fields are found; false: it is SQLite's. */
static bool
make_record(mig__page_fill *fill, int64_t *rowidp, uint32_t *n_losses)
{
    /* Of a table whose key is no rowid; none can get near the highest. */
    *rowidp = fill->has_rows && fill->last_rowid < INT64_MAX ? fill->last_rowid + 1 : 1;
    mig__row_record_begin(&fill->record);
    for (size_t i = 0; i < fill->n_places; i++) {
        const place      *p = &fill->places[i];
        const mig__field *f = &fill->fields[p->field];
        mig_value         value = {.class = MIG_VALUE_NULL};

        if (f->len >= 0 &&
            mig__decode_value(&p->decoder, f->data, f->len, &value, n_losses) != MIG_FAULT_NONE)
            return false;
        if (value.class == MIG_VALUE_NULL && p->not_null)
            return false;
        if (p->is_rowid) {
            if (!is_next_rowid(fill, &value, rowidp))
                return false;
            value.class = MIG_VALUE_NULL; /* it stands beside the record */
        }
        if (!mig__row_record_add(&fill->record, p->decoder.base.affinity, &value))
            return false;
    }
    return true;
}

static void
count_losses(mig_rows *rows, uint32_t *n_losses)
{
    for (size_t i = 0; i < MIG_LOSS_COUNT; i++) {
        rows->n_losses[i] += n_losses[i];
        n_losses[i] = 0;
    }
}

/* Whether SQLite would take a record so long, and there are pages for it. */
static bool
has_room(const mig__page_fill *fill, size_t len)
{
    return len < fill->most_bytes && !mig__table_pages_are_full(fill->pages, len);
}

mig_status
mig__page_fill_rows(mig__page_fill *fill, mig_rows *rows, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     start = 0, at = 0;

    for (; rows->n_rows > 0; rows->n_rows--, start = at) {
        uint32_t             n_losses[MIG_LOSS_COUNT] = {0};
        const unsigned char *record;
        size_t               len;
        int64_t              rowid;

        if (!mig__fields_find(rows, &at, fill->fields, fill->plan->n_columns) ||
            !make_record(fill, &rowid, n_losses))
            break;
        record = mig__row_record_end(&fill->record, &len);
        if (!has_room(fill, len) || (fill->has_rows && rowid <= fill->last_rowid))
            break;
        MIG_TRY(mig__table_pages_add(fill->pages, rowid, record, len, err));
        fill->has_rows = true;
        fill->last_rowid = rowid;
        count_losses(rows, n_losses);
    }
    rows->data += start;
    rows->len -= start;
done:
    if (st != MIG_OK)
        mig_error_context(err, "cannot write table %s", fill->plan->target->name);
    return st;
}

mig_status
mig__page_fill_end(mig__page_fill *fill, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(mig__table_pages_end(fill->pages, err));
    MIG_TRY(mig__sqlite_write(fill->sink, "PRAGMA locking_mode = EXCLUSIVE", fill->sink->made_path,
                              err));
done:
    return st;
}

void
mig__page_fill_close(mig__page_fill *fill)
{
    if (fill == NULL)
        return;
    for (size_t i = 0; fill->places != NULL && i < fill->plan->n_columns; i++)
        mig_buf_fini(&fill->places[i].scratch);
    mig__table_pages_close(fill->pages);
    mig__row_record_fini(&fill->record);
    free(fill->places);
    free(fill->fields);
    free(fill);
}
