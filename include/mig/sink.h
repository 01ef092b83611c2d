/*
 * sink.h - the contract of a database that is written.
 *
 * Legal order of calls:
 *
 *   open -> catalog, lookup, holds_rows, check -> [run_steps] -> [journal_keep] ->
 *   [stage -> make_schema -> catalog] ->
 *   [rebuildable] -> prepare -> writers -> [journal_copied] -> restore -> [complete_schema] ->
 *   [statistics] -> count, read_back -> commit -> finish -> close
 *
 *   or, behind a run that died, open -> catalog, lookup, check, journal_find -> [stage -> catalog]
 *   -> [rebuildable] -> resume in place of prepare -> as above
 *
 *   or, behind a connection that was lost: resume -> what failed again; before commit -> finish
 *   journal_find -> [count, read_back], where there is no journal any more
 *
 *   or open -> recover -> close
 *
 *   or open -> catalog, lookup, check -> sync_begin -> read_back ->
 *   { sync_stage -> sync_put -> sync_staged } -> sync_apply -> sync_read -> sync_commit -> close
 *
 * Up to and including check nothing in the target is changed.
 *
 * Threads: the sink belongs to one thread at a time; each writer (the index
 * given to writer_open) is used by one thread, several at once; interrupt
 * comes from any thread.
 */
#ifndef MIG_SINK_H
#define MIG_SINK_H

#include "mig/buf.h"
#include "mig/ddl.h"
#include "mig/journal.h"
#include "mig/plan.h"
#include "mig/source.h"
#include "mig/stop.h"

typedef struct mig_sink   mig_sink;
typedef struct mig_writer mig_writer;

/* A named piece of SQL that brings a schema one step forward. */
typedef struct mig_step {
    const char *name; /* as it is recorded */
    const char *sql;  /* statements, in the dialect of the target */
} mig_step;

typedef enum mig_restoring {
    MIG_RESTORE_COMPLETE, /* all rows are there */
    MIG_RESTORE_PARTLY,  /* rows are missing: foreign keys without a look at those that are there */
    MIG_RESTORE_BRIEFLY, /* likewise, but where there are indexes to be made nothing at all */
} mig_restoring;

/* What the run will ask of the target, for check(). */
typedef struct mig_sink_need {
    bool                    create_tables; /* run_steps will be called */
    const mig_table *const *tables;        /* tables that stand and will be erased and written */
    size_t                  n_tables;
    const mig_plan         *plan;          /* NULL where it can be made after run_steps only */
    const mig_ddl          *ddl;           /* make_schema will be called with it; else NULL */
    unsigned                n_connections; /* beside the one that is open, at least */
    bool in_place; /* the tables will not be erased: rows are inserted, updated and deleted */
} mig_sink_need;

/* Where a schema is made. */
typedef struct mig_stage {
    const char *name;    /* of a schema beside the target's, the sink's; NULL: in the target's */
    const char *why_not; /* static, for a person; NULL where nobody need know */
} mig_stage;

/* A table that is made equal to the source's. */
typedef struct mig_sync_table {
    const mig_table_plan *plan;
    const mig_table_plan *back; /* the same columns, as they are read from the target */
    size_t                index;

    /* The target's primary key, as positions in plan->columns.  None: the table's rows are replaced
     * as a whole. */
    size_t *key;
    size_t  n_key;

    uint64_t n_inserted, n_updated, n_deleted;

    bool staged_rows, staged_keys; /* the sink's: there is room for them */

    /* Set by sync_apply: the target itself counted these changes in the table and no others. */
    bool exact;
} mig_sync_table;

typedef enum mig_staging {
    MIG_STAGE_ROWS, /* rows to be written: a boolean (insert; else update), then the plan's columns
                     */
    MIG_STAGE_KEYS, /* rows to be deleted: the columns of the key */
} mig_staging;

/* A row that the target refuses. */
typedef struct mig_refusal {
    const unsigned char *row; /* a wire row of len bytes */
    size_t               len;
    const char          *reason;     /* one line */
    const char          *state;      /* SQLSTATE, or NULL */
    const char          *constraint; /* or NULL */
    const char          *column;     /* of the target, or NULL */
} mig_refusal;

typedef mig_status mig_refused_fn(void *arg, const mig_refusal *refusal, mig_error *err);

/* Rows of a table, in its plan's columns. */
typedef mig_status mig_sync_read_fn(void *arg, const mig_rows *rows, mig_error *err);

typedef struct mig_sink_ops {
    const char *kind; /* "PostgreSQL" */

    mig_status (*catalog)(mig_sink *sink, mig_catalog **catalogp, mig_error *err);

    /* As in source.h. */
    mig_status (*lookup)(mig_sink *sink, const mig_table *table, const char *const *columns,
                         size_t n_columns, mig_lookup_fn *fn, void *arg, mig_error *err);

    /* Whether each of the tables holds a row; in few round trips, however many tables there are. */
    mig_status (*holds_rows)(mig_sink *sink, const mig_table *const *tables, size_t n_tables,
                             bool *holds_rows, mig_error *err);

    /*
     * Whether all that is needed may and can be done: the role's rights (MIG_E_RIGHTS, with the
     * statement that gives the missing one), tables outside of the list that refer to one that
     * would be erased (MIG_E_REFUSED, by name), what stands under the names of the schema that is
     * to be made and may not be dropped (MIG_E_RIGHTS) or has something outside of it depend on it
     * (MIG_E_REFUSED, with a list).  Changes nothing.
     */
    mig_status (*check)(mig_sink *sink, const mig_sink_need *need, mig_error *err);

    /*
     * Runs the steps in order, in one transaction, and records each in the table seaql_migrations
     * (made if it is not there): all of them or none.
     */
    mig_status (*run_steps)(mig_sink *sink, const mig_step *steps, size_t n_steps, mig_error *err);

    /*
     * Whether the schema of the DDL, which is borrowed, is made and filled in a schema beside the
     * target's, all or nothing, to be exchanged by commit.  Then make_schema and complete_schema
     * are given the statements that make it there, and all that is said of the target schema from
     * here to commit is about that one.  With the journal of a run that is gone on with: as that
     * run did.  Changes nothing.
     */
    mig_status (*stage)(mig_sink *sink, const mig_ddl *ddl, const mig_journal *journal,
                        mig_stage *stage, mig_error *err);

    /*
     * In one transaction: drops what stands in the target schema under the names that the DDL
     * makes, then runs its statements of BEFORE.  Never cascades: what depends on something dropped
     * and is not dropped itself is MIG_E_REFUSED, with a list.  A type or collation that others use
     * stays if it is the same as the new one.  After a failure everything is as it was.
     * What old tables had beside rows and shape is given to the new ones by complete_schema (owner,
     * privileges) or told there.
     */
    mig_status (*make_schema)(mig_sink *sink, const mig_ddl *ddl, mig_error *err);

    /*
     * why_not[i]: why indexes and keys of the plan's ith table cannot be taken away and made again
     * ("the role does not own it"; "" where nobody need know), or NULL: they can.  Changes
     * nothing.
     */
    mig_status (*rebuildable)(mig_sink *sink, const mig_plan *plan, const char **why_not,
                              mig_error *err);

    /*
     * Erases the plan's tables and suspends their user triggers, the foreign keys that the plan
     * says, and what it can of the indexes and keys of tables that the plan has rebuilt, in one
     * transaction with the record of all that: afterwards the tables are empty and no trigger will
     * fire on copied rows.
     */
    mig_status (*prepare)(mig_sink *sink, const mig_plan *plan, mig_error *err);

    /*
     * From here on make_schema and prepare record the run, in place of what an earlier one has
     * left, in the same transaction in which they change the target; chunks and the statements of
     * complete_schema are recorded likewise, and finish removes all of it.  If that cannot be,
     * *why_notp says why (static), and nothing is recorded; else it is NULL.
     */
    mig_status (*journal_keep)(mig_sink *sink, const mig_journal_note *note, const char **why_notp,
                               mig_error *err);

    /* What a run that did not come to its end has recorded, without its chunks; *journalp is NULL
     * if there is nothing.  MIG_E_REFUSED while that run goes on. */
    mig_status (*journal_find)(mig_sink *sink, mig_journal **journalp, mig_error *err);

    /*
     * Takes up the run of the journal, and reads its chunks.  Who still writes for it is waited for
     * first, so that they are final.  If not all rows are there, what prepare suspends is suspended
     * again; nothing is erased.  `ddl` is that of make_schema, or NULL.  May be called again after
     * a connection was lost; MIG_E_CONNECT also while what is left of that in the server is still
     * in the way.  If it was lost in commit() or finish(), those can be repeated then: what they
     * had done before is found out.
     */
    mig_status (*resume)(mig_sink *sink, const mig_plan *plan, const mig_ddl *ddl,
                         mig_journal *journal, mig_error *err);

    /* Records that all rows are there. */
    mig_status (*journal_copied)(mig_sink *sink, mig_error *err);

    /* Writers that may work at the same time. */
    unsigned (*max_writers)(const mig_sink *sink);

    mig_status (*writer_open)(mig_sink *sink, unsigned index, const mig_stop *stop,
                              mig_writer **writerp, mig_error *err);

    /*
     * One chunk is one transaction: begin, write any number of times, commit or abort.  Once the
     * commit has succeeded the rows are in the target for good; after any failure none of them is.
     *
     * What gives way on its way into the target is added to rows->n_losses; nothing else of the
     * rows is changed.
     *
     * `done` is what is recorded of the chunk, if a journal is kept.
     *
     * If a failing write or commit is the target's refusal of the nth row of the chunk (from 0),
     * *rowp is n, else UINT64_MAX.
     */
    mig_status (*chunk_begin)(mig_writer *writer, const mig_table_plan *plan, mig_error *err);
    mig_status (*chunk_write)(mig_writer *writer, mig_rows *rows, uint64_t *rowp, mig_error *err);
    mig_status (*chunk_commit)(mig_writer *writer, const mig_done *done, uint64_t *rowp,
                               mig_error *err);

    /*
     * In place of all chunk_write of a chunk: a row that the target refuses by itself, whatever
     * stands beside it, is given to fn and is not in the chunk, which goes on.  Slower.
     * Foreign keys and the like are looked at after every few rows, also those that could wait for
     * the transaction's end; so not for a table that refers to itself, unless order_free.
     */
    mig_status (*chunk_try)(mig_writer *writer, mig_rows *rows, mig_refused_fn *fn, void *arg,
                            mig_error *err);

    /* Takes the chunk back.  Also after a failed begin, write or commit.  `why` goes to the
     * server's log.
     */
    void (*chunk_abort)(mig_writer *writer, const char *why);

    /* Accepts NULL.  No chunk is open. */
    void (*writer_close)(mig_writer *writer);

    /*
     * Puts triggers, indexes and keys back as they were, after success and after failure alike;
     * also what an earlier run has left.  On up to n_parallel (at least 1) connections.  What is
     * left to do, if not `how` is COMPLETE, goes to *notes, a line each.  All is tried, also behind
     * what fails; the first failure is told, and what is not put back stays recorded.
     */
    mig_status (*restore)(mig_sink *sink, mig_restoring how, unsigned n_parallel, mig_buf *notes,
                          mig_error *err);

    /* What earlier runs have suspended and not put back goes to *found, a line each. */
    mig_status (*left)(mig_sink *sink, mig_buf *found, mig_error *err);

    /* Puts that back, in a run that does nothing else: as a complete restore().  The journal goes.
     * MIG_E_REFUSED while another run writes into the target. */
    mig_status (*recover)(mig_sink *sink, unsigned n_parallel, mig_buf *notes, mig_error *err);

    /*
     * Runs the statements behind BEFORE, now that all rows are there, on up to n_parallel (at least
     * 1) connections where statements can run side by side.  The first that fails ends it, named by
     * its `what` ("cannot make the index hosts_name_idx: ..."); those under way beside it are
     * broken off, those that are done stay.  What a person should know goes to *notes, a line each.
     */
    mig_status (*complete_schema)(mig_sink *sink, const mig_ddl *ddl, unsigned n_parallel,
                                  mig_buf *notes, mig_error *err);

    /*
     * Begins to make the statistics of the plan's tables, beside what comes now; finish waits for
     * them, or makes them where this does nothing: if there is no connection left beside n_others
     * that will be opened.
     */
    mig_status (*statistics)(mig_sink *sink, const mig_plan *plan, unsigned n_others,
                             mig_error *err);

    mig_status (*count)(mig_sink *sink, const mig_table *table, uint64_t *n_rowsp, mig_error *err);

    /*
     * Opens a source over what the writers have committed, for n_readers, its snapshot taken.  To
     * be closed before finish.
     */
    mig_status (*read_back)(mig_sink *sink, unsigned n_readers, mig_source **sourcep,
                            mig_error *err);

    /*
     * After verification, where the target is all or nothing but not exchanged by finish(): from
     * here on it holds what was copied.  Else it does nothing.  A schema that was staged is
     * exchanged in one transaction, with what gives the next id; owners and privileges go to the
     * new tables, and the journal goes.  What a person should know goes to *notes, a line each.
     */
    mig_status (*commit)(mig_sink *sink, const mig_plan *plan, mig_buf *notes, mig_error *err);

    /*
     * After commit.  What gives the next id (sequences, identity, AUTOINCREMENT) is set past
     * the rows and past what the source's own had given out (mig_column.counter); statistics of the
     * plan's tables are made (ANALYZE), if statistics() has not.  What a person should know of it
     * goes to *notes, a line each.
     */
    mig_status (*finish)(mig_sink *sink, const mig_plan *plan, mig_buf *notes, mig_error *err);

    /*
     * Begins the one transaction in which the plan's tables are made equal to the source's.  From
     * here on nobody else writes into them; whatever fails, or close(), takes all of it back.
     */
    mig_status (*sync_begin)(mig_sink *sink, const mig_plan *plan, mig_error *err);

    /* Rows or keys that sync_apply will need, any number of times for each table; sources that
     * read_back has opened may be read meanwhile. */
    mig_status (*sync_stage)(mig_sink *sink, mig_sync_table *table, mig_staging what,
                             mig_error *err);
    mig_status (*sync_put)(mig_sink *sink, const mig_rows *rows, mig_error *err);
    mig_status (*sync_staged)(mig_sink *sink, mig_error *err);

    /*
     * Inserts, updates and deletes what was staged; `tables` stand beside the plan's.  No user
     * trigger fires, no row is deleted to be inserted again where others refer to it, and foreign
     * keys are looked at when all is done.  All sources over the target are closed.
     */
    mig_status (*sync_apply)(mig_sink *sink, const mig_plan *plan, mig_sync_table *tables,
                             mig_error *err);

    /* Reads the rows that were written, or the whole table, as they are in the transaction. */
    mig_status (*sync_read)(mig_sink *sink, const mig_sync_table *table, bool whole,
                            mig_sync_read_fn *fn, void *arg, mig_error *err);

    /* Makes it final.  Then as finish(), of the tables that were changed; counters of all. */
    mig_status (*sync_commit)(mig_sink *sink, const mig_plan *plan, const mig_sync_table *tables,
                              mig_buf *notes, mig_error *err);

    void (*interrupt)(mig_sink *sink);

    /* What was interrupted can be used again.  Nothing is under way, and no writer open. */
    void (*calm)(mig_sink *sink);

    void (*close)(mig_sink *sink);

    /* Foreign keys are not looked at while rows are written: any order will do. */
    bool order_free;

    /* Rows of a table come in fastest in the order of its key, where that is one integer. */
    bool key_order;
} mig_sink_ops;

struct mig_sink {
    const mig_sink_ops *ops;

    /* Until commit() or finish() has succeeded, the target is what it was before the run. */
    bool all_or_nothing;
};

struct mig_writer {
    const mig_sink_ops *ops;
};

/* Both accept NULL. */
static inline void
mig_sink_close(mig_sink *sink)
{
    if (sink != NULL)
        sink->ops->close(sink);
}

static inline void
mig_writer_close(mig_writer *writer)
{
    if (writer != NULL)
        writer->ops->writer_close(writer);
}

#endif
