/*
 * sqlite_source.h - a SQLite source as its own files see it.
 *
 * The functions below fill the slots of mig_source_ops (source.h), where their
 * contracts stand; one file each.
 *
 * Connections: one for questions (catalog, count, lookup, split, locate), one
 * per reader.  All are inside a read transaction from snapshot to close.
 */
#ifndef MIG__SQLITE_SOURCE_H
#define MIG__SQLITE_SOURCE_H

#include <stdatomic.h>

#include "mig/source.h"
#include "sqlite_conn.h"

typedef struct mig__sqlite_source {
    mig_source base;

    /* Fixed after open. */
    mig__location location;
    mig_buf       warning;
    bool          utf16; /* texts are stored as UTF-16 */

    /* One thread at a time (source.h); this one connection has a mutex, because it is also the
     * reader's where `shared`. */
    sqlite3 *questions;
    bool     has_schema_version; /* the catalog was read, at this version */
    int64_t  schema_version;

    /* Fixed after snapshot. */
    bool      in_snapshot;
    bool      shared; /* reader 0 reads through `questions` (snapshot.c) */
    sqlite3 **readers;

    /* Any thread. */
    atomic_uint n_readers; /* readers[0..n) are open; released by snapshot, for interrupt */
    atomic_bool stopped;   /* every cursor and count ends */
} mig__sqlite_source;

static inline mig__sqlite_source *
mig__sqlite_source_of(mig_source *source)
{
    return (mig__sqlite_source *)source;
}

/*
 * Whether long questions end when the source was interrupted, also when that came just before
 * they began, which sqlite3_interrupt alone does not see to.
 */
void mig__sqlite_watch(mig__sqlite_source *source, bool on);

/* MIG_E_STOPPED after an interrupt, MIG_E_CHANGED if the connection lost its read transaction. */
mig_status mig__sqlite_check(const mig__sqlite_source *source, sqlite3 *db,
                             mig_error *err) MIG_CHECKED;

/* The connection of one reader. */
mig_status mig__sqlite_reader(mig__sqlite_source *source, unsigned reader, sqlite3 **dbp,
                              mig_error *err) MIG_CHECKED;

/* read_catalog.c */
mig_status mig__sqlite_catalog(mig_source *source, mig_catalog **catalogp, mig_error *err);

/* read_schema.c */
mig_status mig__sqlite_schema(mig_source *source, mig_schema **schemap, mig_error *err);

/* snapshot.c */
mig_status mig__sqlite_snapshot(mig_source *source, unsigned n_readers, mig_error *err);

/* segment.c */
mig_status mig__sqlite_split(mig_source *source, const mig_table_plan *plan, size_t table,
                             uint64_t n_rows, uint64_t rows_per_segment, mig_segment **segmentsp,
                             size_t *n_segmentsp, mig_error *err);

/*
 * Appends ` FROM ... [WHERE ...] [ORDER BY ...]`: the rows of a segment (NULL: all rows) in their
 * one order, read from the table itself.  Every statement that has it, on any connection of the
 * snapshot, meets the rows in the same sequence.
 */
mig_status mig__sqlite_scan(sqlite3 *db, const mig_table *table, const mig_segment *segment,
                            mig_buf *sql, mig_error *err) MIG_CHECKED;

/* The same, of the rows for which the condition is true; it is asked once per row, in their order.
 */
mig_status mig__sqlite_scan_where(sqlite3 *db, const mig_table *table, const mig_segment *segment,
                                  const char *condition, mig_buf *sql, mig_error *err) MIG_CHECKED;

/* cursor.c */
mig_status mig__sqlite_cursor_open(mig_source *source, unsigned reader, const mig_table_plan *plan,
                                   const mig_segment *segment, mig_cursor **cursorp,
                                   mig_error *err);
mig_status mig__sqlite_cursor_fill(mig_cursor *cursor, mig_rows *rows, mig_fill *fillp,
                                   size_t *neededp, mig_error *err);
bool       mig__sqlite_cursor_position(mig_cursor *cursor, int64_t *upperp);
void       mig__sqlite_cursor_close(mig_cursor *cursor);

/* row_name.c */
mig_status mig__sqlite_locate(mig_source *source, const mig_table_plan *plan,
                              const mig_segment *segment, uint64_t nth, char **textp,
                              mig_error *err);

/*
 * Appends the name of the nth row of the segment to *name (`rowid 4711 (id = 018f...)`) and to
 * *where an SQL condition that finds it, which stays empty if there is none that can be printed.
 */
mig_status mig__sqlite_name_row(sqlite3 *db, const mig_table_plan *plan, const mig_segment *segment,
                                uint64_t nth, mig_buf *name, mig_buf *where,
                                mig_error *err) MIG_CHECKED;

/* Appends a value for people: uuids as such however they are stored. */
void mig__sqlite_show(sqlite3_stmt *stmt, int i, mig_buf *out);

/* Whether values of the column must not be shown. */
bool mig__sqlite_is_secret(const mig_table_plan *plan, const char *column);

/* The primary key's columns in its order; at most `max`. */
size_t mig__sqlite_key_columns(const mig_table *table, const mig_column **out, size_t max);

/* aside_row.c: the statement's current row, behind whose columns stands the rowid if `keyed`, goes
 * aside. */
mig_status mig__sqlite_put_aside(const mig__sqlite_source *source, sqlite3_stmt *stmt,
                                 const mig_table_plan *plan, bool keyed, const mig_fault *fault,
                                 mig_error *err) MIG_CHECKED;

/* survey.c */
mig_status mig__sqlite_survey(mig_source *source, unsigned reader, struct mig_survey_table *found,
                              mig_segment *segment, bool *morep, mig_error *err);
mig_status mig__sqlite_survey_cut(mig_source *source, unsigned reader, const mig_table *table,
                                  mig_segment *segment, mig_segment *upperp, bool *cutp,
                                  mig_error *err);

/* orphans.c */
mig_status mig__sqlite_orphans(mig_source *source, mig_reference *references, size_t n_references,
                               mig_error *err);

/* check_source.c */
mig_status mig__sqlite_check_source(mig_source *source, const mig_catalog *catalog, mig_buf *found,
                                    mig_error *err);

extern const mig_source_ops mig__sqlite_source_ops;

/* Over a file that this program has made, and that nobody writes while the source is open. */
mig_status mig__sqlite_source_open_own(const char *path, mig_source **sourcep,
                                       mig_error *err) MIG_CHECKED;

#endif
