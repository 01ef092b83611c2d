/*
 * source.h - the contract of a database that is read.
 *
 * A source is a table of functions behind a handle; only constructors
 * (sqlite.h) know which database it is.  Everything is read from one state of
 * the source, whatever other processes do to it, and nothing in it is changed.
 *
 * Legal order of calls:
 *
 *   open -> [catalog, lookup] -> snapshot -> catalog, schema, lookup, count, orphans, check,
 * split, cursors, survey, locate -> unchanged -> close
 *
 * Threads: a source belongs to the thread that opened it, except that cursors
 * and surveys of different readers (the index given to cursor_open and survey)
 * are used by different threads at the same time, one thread per reader, and
 * interrupt comes from any thread.  count, orphans, check, split, locate and
 * lookup use a connection of their own, by one thread at a time.
 *
 * Errors: every failing call raises; the messages name table, column and row.
 * MIG_E_STOPPED after an interrupt.
 */
#ifndef MIG_SOURCE_H
#define MIG_SOURCE_H

#include "mig/aside.h"
#include "mig/buf.h"
#include "mig/plan.h"
#include "mig/schema.h"

struct mig_survey_table;

typedef struct mig_source mig_source;
typedef struct mig_cursor mig_cursor;

/* A range of one table's key space, scanned by one reader, in key order. */
typedef struct mig_segment {
    size_t  table;     /* position in the plan */
    bool    has_lower; /* without bounds: the whole table */
    bool    has_upper;
    int64_t lower; /* the first key; a rowid in SQLite */
    int64_t upper; /* the last key, included */

    /* Not of split(): the bounds are values of this column, an integer.  A PostgreSQL source hands
     * on the rows in its order, and needs no bounds; a SQLite source needs both, and has no order.
     */
    const mig_column *by;
} mig_segment;

typedef enum mig_fill {
    MIG_FILL_FULL,    /* max_rows are in, or the next row does not fit: go on with the next batch */
    MIG_FILL_END,     /* the segment has no more rows; there may be rows in the batch */
    MIG_FILL_OUTSIZE, /* an empty batch is too small for the next row: *neededp bytes are needed */
} mig_fill;

/*
 * A foreign key of the target as the source's columns have it, and what was found of it.  Its
 * columns are integers, text, bytea or uuid, each in the same of these on both sides.
 */
typedef struct mig_reference {
    const mig_table_plan         *child, *parent;
    const mig_column_plan *const *columns; /* of the child: columns[i] refers to ... */
    const mig_column_plan *const *parent_columns;
    size_t                        n_columns;

    /* Found by orphans(). */
    uint64_t n_orphans;
    mig_buf  rows; /* the first of them, MIG_ORPHANS_NAMED at most, a line each */
} mig_reference;

#define MIG_ORPHANS_NAMED 10

/*
 * One row of a lookup: texts[i] with lens[i] bytes, NUL-terminated; NULL for NULL.  Blobs come as
 * they are.  Valid during the call.  Returning false ends the lookup; that is no error.
 */
typedef bool mig_lookup_fn(void *arg, const char *const *texts, const size_t *lens);

typedef struct mig_source_ops {
    const char *kind; /* "SQLite" */

    mig_status (*catalog)(mig_source *source, mig_catalog **catalogp, mig_error *err);

    /* All that its CREATE statements say.  Tables and columns have the catalog's names. */
    mig_status (*schema)(mig_source *source, mig_schema **schemap, mig_error *err);

    /*
     * Takes one state of the source for n_readers readers (>= 1) and everything else that is read
     * from now on.
     */
    mig_status (*snapshot)(mig_source *source, unsigned n_readers, mig_error *err);

    /* Rows of the table. */
    mig_status (*count)(mig_source *source, const mig_table *table, uint64_t *n_rowsp,
                        mig_error *err);

    /*
     * Bytes that the table takes where it is stored, without its indexes; UINT64_MAX where the
     * database cannot tell.  May read all of it.
     */
    mig_status (*size)(mig_source *source, const mig_table *table, uint64_t *n_bytesp,
                       mig_error *err);

    /*
     * Calls fn with the named columns of every row, in no order, through a connection of its own.
     * For small questions, not for copying.
     */
    mig_status (*lookup)(mig_source *source, const mig_table *table, const char *const *columns,
                         size_t n_columns, mig_lookup_fn *fn, void *arg, mig_error *err);

    /*
     * Cuts the table into segments of about rows_per_segment rows, in key order, that together
     * hold every row exactly once; one segment where its keys cannot be cut or rows_per_segment is
     * 0.  Some may hold none.  n_rows is what the table holds, as count() has it; 0: not known.
     * *segmentsp is the caller's to free().  `table` is the plan position they are given.
     */
    mig_status (*split)(mig_source *source, const mig_table_plan *plan, size_t table,
                        uint64_t n_rows, uint64_t rows_per_segment, mig_segment **segmentsp,
                        size_t *n_segmentsp, mig_error *err);

    /* Starts to read a segment's rows in the plan's columns and wire types. */
    mig_status (*cursor_open)(mig_source *source, unsigned reader, const mig_table_plan *plan,
                              const mig_segment *segment, mig_cursor **cursorp, mig_error *err);

    /*
     * Appends rows to *rows as far as they fit: n_rows up to max_rows, len up to cap.  Never leaves
     * half a row.  On a row that cannot be converted: MIG_E_DATA, and rows holds what came before;
     * where the source has an `aside`, the row goes there, is counted in rows->n_aside, and the
     * next one is looked at.  Comes back after max_rows of those, be the batch empty.
     */
    mig_status (*cursor_fill)(mig_cursor *cursor, mig_rows *rows, mig_fill *fillp, size_t *neededp,
                              mig_error *err);

    /*
     * Whether segments of this table are ranges of keys that stay with their rows, also in another
     * run.  If so, after a fill *upperp is a key: rows up to it were handed over, and none behind.
     */
    bool (*cursor_position)(mig_cursor *cursor, int64_t *upperp);

    /* Accepts NULL. */
    void (*cursor_close)(mig_cursor *cursor);

    /*
     * Which row is the nth (from 0) of the segment, in words: `rowid 4711 (id = 018f...)`.  For
     * errors the target reports by position.  *textp is the caller's to free().
     */
    mig_status (*locate)(mig_source *source, const mig_table_plan *plan, const mig_segment *segment,
                         uint64_t nth, char **textp, mig_error *err);

    /*
     * Looks at the segment's rows from the first one on and adds what they hold to *found
     * (survey.h), which is this reader's alone: sums, the largest and smallest, and of each trial's
     * faults the first in the order of the table, without its row in words.  Comes back after some
     * milliseconds of it, with *morep, and *segment is what is left.  Where the rows have no keys
     * that segments are made of, it comes back at the end.  MIG_E_UNSUPPORTED where the values of a
     * column all are of its type.
     */
    mig_status (*survey)(mig_source *source, unsigned reader, struct mig_survey_table *found,
                         mig_segment *segment, bool *morep, mig_error *err);

    /*
     * Cuts a segment of the table in two, by its keys: *segment becomes the lower part, *upperp the
     * upper one, and *cutp tells whether there are two.  Cheap: rows are not counted, and the parts
     * may differ much.
     */
    mig_status (*survey_cut)(mig_source *source, unsigned reader, const mig_table *table,
                             mig_segment *segment, mig_segment *upperp, bool *cutp, mig_error *err);

    /*
     * Counts and names rows whose key, none of whose columns is NULL, is that of no row of the
     * parent.  References of one child stand side by side.  Only what is certain counts: a row
     * whose value, once it is converted, may be equal to a parent's is none.  For references that
     * are too large for it nothing may be found.  In the snapshot.
     */
    mig_status (*orphans)(mig_source *source, mig_reference *references, size_t n_references,
                          mig_error *err);

    /*
     * Looks all of it over, which may take as long as reading it: for damage, where the database
     * can tell (MIG_E_DATA, with a list), and for rows that its own foreign keys deny, which go to
     * *found, a line for each key.  The catalog is its own.  In the snapshot.
     */
    mig_status (*check)(mig_source *source, const mig_catalog *catalog, mig_buf *found,
                        mig_error *err);

    /* MIG_E_CHANGED if the source is not what it was when the snapshot was taken, where that could
     * have gone unseen.  The last word of a run, before it is called a success. */
    mig_status (*unchanged)(mig_source *source, mig_error *err);

    /* Breaks into a call that is under way in another thread, and into all that come, until calm().
     */
    void (*interrupt)(mig_source *source);

    /* What was interrupted can be used again, in the snapshot that it has.  Nothing is under way,
     * and no cursor open. */
    void (*calm)(mig_source *source);

    void (*close)(mig_source *source);
} mig_source_ops;

/* Every source begins with this. */
struct mig_source {
    const mig_source_ops *ops;

    /* Where rows go that cannot be converted; NULL: they are an error.  Changed only while no
     * cursor is open. */
    mig_aside *aside;
};

/* Every cursor begins with this. */
struct mig_cursor {
    const mig_source_ops *ops;
};

/* Accepts NULL. */
static inline void
mig_source_close(mig_source *source)
{
    if (source != NULL)
        source->ops->close(source);
}

static inline void
mig_cursor_close(mig_cursor *cursor)
{
    if (cursor != NULL)
        cursor->ops->cursor_close(cursor);
}

#endif
