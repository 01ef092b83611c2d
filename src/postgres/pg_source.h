/*
 * pg_source.h - the PostgreSQL source behind the contract, and its parts.
 *
 * pg_source.c makes it, asks small questions and fills the contract's table;
 * each other file does one part of the work on it.
 *
 * Connections: one for questions (control), one per reader.  From snapshot to
 * close each is inside one REPEATABLE READ READ ONLY transaction, all on the
 * same snapshot.
 *
 * Threads: as in source.h.
 */
#ifndef MIG_POSTGRES_PG_SOURCE_H
#define MIG_POSTGRES_PG_SOURCE_H

#include "copy_stream.h"
#include "pg_read.h"

typedef enum mig__pg_scan_way {
    MIG__SCAN_BLOCKS,    /* the table's own order */
    MIG__SCAN_KEY_RANGE, /* a part of it, in the order of a key */
    MIG__SCAN_KEY_WHOLE, /* all of it, in the order of a key */
} mig__pg_scan_way;

typedef struct mig__pg_reader {
    mig__session     session; /* conn NULL: a cursor was given up; the next one connects again */
    bool             busy;    /* a cursor is open */
    mig__pg_scan_way scan;    /* the connection has the settings for that */
} mig__pg_reader;

/* Columns of mig__pg_source.locked.  FOREIGN: a partition of it stands on another server. */
enum {
    MIG__LOCKED_OID,
    MIG__LOCKED_NAME,
    MIG__LOCKED_KIND,
    MIG__LOCKED_FOREIGN,
    MIG__LOCKED_HOME_SCHEMA,
    MIG__LOCKED_HOME_NAME
};

#define MIG__TID_RANGE_SCAN_SINCE 140000

typedef struct mig__pg_source {
    mig_source base;

    /* Fixed after open. */
    char        *conninfo; /* holds the password: never told, wiped at close */
    char        *role;
    mig__schemas schemas;
    bool         tid_ranges; /* the server scans a range of blocks without reading the others */
    mig_buf      warning;
    mig_buf      objects_note, schemas_note;

    /* Any thread. */
    mig__sessions sessions;
    mig_stop      stop; /* raised by interrupt */

    /* The source's thread.  Readers only compare server.identity, which is fixed. */
    mig__session control;
    mig__server  server;

    /* pg_atomic.c: whose connection `control` is, or NULL: our own.  Its one reader has it while it
     * reads. */
    mig__session  *lender;
    mig__sessions *lender_sessions;

    /* Fixed after snapshot; a reader is its own thread's. */
    PGresult       *locked;   /* the tables no one else can change in shape */
    char           *snapshot; /* its exported name; NULL before snapshot() */
    mig__pg_reader *readers;
    unsigned        n_readers;
} mig__pg_source;

/* Its schema and name, as parameters of a query. */
static inline void
mig__pg_source_home(const mig__pg_source *source, const mig_table *table, const char *params[2])
{
    params[0] = table->home_schema != NULL ? table->home_schema : source->schemas.name;
    params[1] = table->home_schema != NULL ? table->home_name : table->name;
}

static inline mig__pg_source *
mig__pg_source_of(mig_source *source)
{
    return (mig__pg_source *)source;
}

/* A source that is not connected; base.ops->close() takes it apart. */
mig_status mig__pg_source_new(mig__pg_source **sourcep, mig_error *err) MIG_CHECKED;

/* The lent connection goes back from the reader, which does not read now. */
void mig__pg_source_recall(mig__pg_source *source);

/*
 * Around every question on the control connection: a transaction before the snapshot, a savepoint
 * in the snapshot's transaction afterwards, so that one that fails costs nothing but itself.
 */
mig_status mig__pg_source_ask(mig__pg_source *source, mig_error *err) MIG_CHECKED;
void       mig__pg_source_asked(mig__pg_source *source);

/* MIG_E_RIGHTS for a table the snapshot's locks do not hold, because the role may not read it;
 * MIG_E_UNSUPPORTED for what is no table of this database. */
mig_status mig__pg_source_may_read(const mig__pg_source *source, const mig_table *table,
                                   mig_error *err) MIG_CHECKED;

/* Adds to the error of a failed statement which table it was, and what the role lacks. */
void mig__pg_source_explain(const mig__pg_source *source, const mig_table *table, mig_status st,
                            mig_error *err);

/* Settings of every connection that reads rows, by which a table has one order. */
mig_status mig__pg_source_settings(mig__session *session, mig_error *err) MIG_CHECKED;
mig_status mig__pg_source_local_settings(mig__session *session, mig_error *err) MIG_CHECKED;

/* pg_snapshot.c */
mig_status mig__pg_snapshot(mig_source *source, unsigned n_readers, mig_error *err);

/* The source's tables, as `locked` has them. */
mig_status mig__pg_list_tables(mig__pg_source *source, PGresult **resp, mig_error *err) MIG_CHECKED;

/* Connects a reader that has no connection and puts it into the snapshot. */
mig_status mig__pg_snapshot_join(mig__pg_source *source, mig__pg_reader *reader,
                                 mig_error *err) MIG_CHECKED;

/* pg_segment.c */
mig_status mig__pg_split(mig_source *source, const mig_table_plan *plan, size_t table,
                         uint64_t n_rows, uint64_t rows_per_segment, mig_segment **segmentsp,
                         size_t *n_segmentsp, mig_error *err);
mig_status mig__pg_locate(mig_source *source, const mig_table_plan *plan,
                          const mig_segment *segment, uint64_t nth, char **textp, mig_error *err);

/* Appends ` FROM ... [WHERE ...] [ORDER BY ...]`: the rows of a segment. */
void mig__pg_scan(const mig__pg_source *source, const mig_table *table, const mig_segment *segment,
                  mig_buf *sql);

/* How they are found, and the settings for that. */
mig__pg_scan_way mig__pg_scan_way_of(const mig__pg_source *source, const mig_table *table,
                                     const mig_segment *segment);
const char      *mig__pg_scan_setting(mig__pg_scan_way way);

/* Appends `row 17 from block 8 on, ...`: the nth (from 0) of a segment. */
void mig__pg_name_position(const mig__pg_source *source, const mig_table *table,
                           const mig_segment *segment, uint64_t nth, mig_buf *name);

/* beside_rows.c: appends a line without an end to each; nothing where all is rows of the schema. */
mig_status mig__beside_rows(mig__session *session, const mig__schemas *own, mig_buf *objects,
                            mig_buf *schemas, mig_error *err) MIG_CHECKED;

/* select_column.c */
/* The wire type in which a column's fields come, NONE if there is no way to read it.  LITERAL: its
 * text form. */

/* Appends the expression that gives it so. */
void mig__pg_select(mig_buf *sql, const mig_column_plan *column);

/* pg_schema.c */
mig_status mig__pg_schema(mig_source *source, mig_schema **schemap, mig_error *err);

/* pg_orphans.c */
mig_status mig__pg_check_source(mig_source *source, const mig_catalog *catalog, mig_buf *found,
                                mig_error *err);
mig_status mig__pg_orphans(mig_source *source, mig_reference *references, size_t n_references,
                           mig_error *err);

/* copy_reader.c */
mig_status mig__pg_cursor_open(mig_source *source, unsigned reader, const mig_table_plan *plan,
                               const mig_segment *segment, mig_cursor **cursorp, mig_error *err);
mig_status mig__pg_cursor_fill(mig_cursor *cursor, mig_rows *rows, mig_fill *fillp, size_t *neededp,
                               mig_error *err);
void       mig__pg_cursor_close(mig_cursor *cursor);

#endif
