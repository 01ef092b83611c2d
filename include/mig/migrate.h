/*
 * migrate.h - the engine: plan, copy, verify.
 *
 * It knows sources and sinks by their contracts only.  The order of a run is
 * the command line's (cli/command.c); what happens inside each phase is here.
 *
 * Threads: every function on the main thread.  From mig_phase_run and
 * mig_copy_run on, the main thread waits for signals while other threads work;
 * mig_threads_block_signals() must have been called.
 */
#ifndef MIG_MIGRATE_H
#define MIG_MIGRATE_H

#include <stdatomic.h>

#include "mig/buf.h"
#include "mig/digest.h"
#include "mig/glob.h"
#include "mig/journal.h"
#include "mig/plan.h"
#include "mig/sink.h"
#include "mig/source.h"

/* ---- plan -------------------------------------------------------------------------------- */

/*
 * What the user said of one column: --cast TABLE.COLUMN=TYPE[:RULE[+RULE...]].  Names as in the
 * target; outside of double quotes * and ? stand for any characters.  The type is that of the
 * target's column, which it does not change, or for a SQLite target the storage class (text, blob,
 * integer, real).  Owns its strings.
 */
typedef struct mig_cast {
    char    *table, *column;
    bool     table_literal, column_literal; /* they were quoted */
    char    *type;
    unsigned rules;
    mig_unit unit;
} mig_cast;

mig_status mig_cast_parse(const char *text, mig_cast *cast, mig_error *err) MIG_CHECKED;
void       mig_cast_fini(mig_cast *cast);

/* Whether the cast means the column; names of the target. */
bool mig_cast_matches(const mig_cast *cast, const char *table, const char *column);

/*
 * Which table or column of the target is which of the source, where that is known and no name
 * decides it: the target's name of it, or NULL where the target has none.  Who knows them tells
 * also what becomes of views and the like.
 */
typedef struct mig_counterparts {
    const char *(*table)(const void *arg, const char *source);
    const char *(*column)(const void *arg, const char *source_table, const char *column);
    const void *arg;
} mig_counterparts;

/*
 * What is special about some tables: told by who knows the application (functions; any may be
 * NULL), and by the user (patterns of the source's names).
 */
typedef struct mig_plan_rules {
    bool (*not_copied)(const char *table);
    const char *(*label)(const char *table);
    bool (*secret)(const char *table, const char *column);

    mig_cast *casts; /* the last that names a column counts */
    size_t    n_casts;
    mig_zone *zone; /* of texts without one; NULL: UTC */

    /* Why the target keeps its own rows of a table that both have, or NULL: then it does not. */
    const char *(*kept)(const mig_table *source, const mig_table *target);
    const mig_table **unkept; /* tables of the target of which it has none to keep */
    size_t            n_unkept;

    mig_patterns include; /* tables; none: all of them */
    mig_patterns exclude; /* tables; stronger than include */

    /* What may be left out when the target lacks it: TABLE, or TABLE.COLUMN, where the part in
     * front of the point matches the table and the part behind it the column. */
    mig_patterns allow_missing;

    /* The target's catalog has the right names and not its real types: columns have no wire type
     * then, and such a plan can be printed only. */
    bool types_unknown;

    /* Nothing is written: a number in a column of texts is its decimal form, a blob the text that
     * its bytes are, and the other way round, without anybody's leave. */
    bool comparing;

    bool order_free; /* the sink's: it takes rows in any order */
    bool key_order;  /* the sink's: it would rather have a table's rows in the order of its key */

    bool in_place; /* rows are changed where they stand: of keys in a cycle nothing is noted */

    const mig_counterparts *counterparts; /* NULL: names are matched (match.h) */
} mig_plan_rules;

/* Whether this is a table whose rows the rules have copied, whatever the target holds. */
bool mig_plan_wants(const mig_plan_rules *rules, const mig_table *table);

/*
 * Whether the target may lack the table, or that column of it (NULL: the table itself).  used[i] is
 * set for each pattern of allow_missing that says so; `used` may be NULL.
 */
bool mig_plan_may_miss(const mig_plan_rules *rules, const char *table, const char *column,
                       bool *used);

/* MIG_E_USAGE for patterns of include and exclude that match nothing in the source, by name. */
mig_status mig_plan_check_patterns(const mig_plan_rules *rules, const mig_catalog *source,
                                   mig_error *err) MIG_CHECKED;

/*
 * Matches the source's tables and columns to the target's (match.h, or rules->counterparts), and
 * puts parents before children; foreign keys in a cycle are suspended and noted.  What does not fit
 * is MIG_E_SCHEMA (or MIG_E_UNSUPPORTED), all of it listed in the detail.  What is left out on
 * purpose, and what the target has to hold already, is told in *notes, a line each.  The plan
 * borrows from both catalogs.
 */
mig_status mig_plan_make(const mig_catalog *source, const mig_catalog *target,
                         const mig_plan_rules *rules, mig_plan **planp, mig_buf *notes,
                         mig_error *err) MIG_CHECKED;

/*
 * The plan of a whole database that is copied in one piece: its tables, to be counted, in the
 * catalog's order and without columns.  There may be none.  Borrows from the catalog.
 */
mig_status mig_plan_of_whole(const mig_catalog *catalog, const mig_plan_rules *rules,
                             mig_plan **planp, mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_plan_free(mig_plan *plan);

/* ---- phases ------------------------------------------------------------------------------ */

typedef mig_status mig_phase_fn(void *arg, mig_error *err);

/*
 * Runs fn on a thread of its own while the main thread waits for it and for signals.  A signal
 * interrupts source and sink (either may be NULL), and the phase ends with MIG_E_STOPPED and
 * *signop set.
 */
mig_status mig_phase_run(mig_source *source, mig_sink *sink, mig_phase_fn *fn, void *arg,
                         int *signop, mig_error *err) MIG_CHECKED;

/* The same where both databases are only read. */
mig_status mig_phase_run_sources(mig_source *one, mig_source *other, mig_phase_fn *fn, void *arg,
                                 int *signop, mig_error *err) MIG_CHECKED;

/* The same with a source over what the sink writes. */
mig_status mig_phase_run_all(mig_source *source, mig_source *target, mig_sink *sink,
                             mig_phase_fn *fn, void *arg, int *signop, mig_error *err) MIG_CHECKED;

/*
 * What decides how the source's rows become the target's, a line for each thing: two plans with the
 * same text make the same of the same rows.  `how` is what the plan does not know (lines).  Pure.
 */
void mig_plan_fingerprint(const mig_plan *plan, const char *how, mig_buf *out);

/* ---- copy -------------------------------------------------------------------------------- */

/*
 * From so many rows on a table is rebuilt.  Measured, with a primary key, two indexes and a foreign
 * key, on a server that syncs: as fast as keeping them at 10,000 rows, twice as fast at 50,000, 3.5
 * times at 200,000.  With a primary key alone less is saved, so not where it begins.
 */
#define MIG_REBUILD_ROWS UINT64_C(50000)

/* The largest part of --batch-size rows that travels at once unless a row alone is larger. */
#define MIG_BATCH_BYTES ((size_t)256 * 1024)
/* The same when --batch-size was given: rows are the user's measure then. */
#define MIG_BATCH_BYTES_EXPLICIT ((size_t)4 * 1024 * 1024)
/* One target transaction.  Measured: from 16 MiB up the cost of a COPY of its own vanishes. */
#define MIG_CHUNK_BYTES ((size_t)32 * 1024 * 1024)
/* The smallest chunks that a table's last rows are cut into, when several writers share them. */
#define MIG_CHUNK_BYTES_LEAST ((size_t)2 * 1024 * 1024)
#define MIG_BATCH_ROWS        500

typedef struct mig_copy_options {
    unsigned n_readers;   /* 0: everything on one thread */
    unsigned n_writers;   /* >= 1; the sink may allow fewer */
    uint32_t batch_rows;  /* >= 1 */
    size_t   batch_bytes; /* bytes of one batch */
    size_t   chunk_bytes;
    size_t   chunk_bytes_least; /* 0: all chunks but a segment's last are of chunk_bytes */
    bool     digests;           /* take them (mig_table_copy.digest) */
    bool     one_transaction;   /* the sink's, for all chunks: what print_plan tells */

    mig_aside *aside; /* where rows go that cannot be copied; NULL: the first one is an error */
} mig_copy_options;

/* One table while it is copied and afterwards.  Atomics are relaxed: statistics. */
typedef struct mig_table_copy {
    uint64_t         n_rows; /* in the source; fixed before the copy begins */
    _Atomic uint64_t n_read;
    _Atomic uint64_t n_written;   /* given to the target */
    _Atomic uint64_t n_committed; /* in the target for good */
    _Atomic uint64_t n_bytes;     /* of wire rows given to the target */
    _Atomic uint64_t n_batches;   /* they travelled in */
    _Atomic uint64_t n_losses[MIG_LOSS_COUNT];
    atomic_bool      complete; /* all its rows are committed */

    _Atomic uint64_t n_aside;        /* went aside (aside.h), in this run or the one gone on with */
    uint64_t         n_aside_done;   /* of these, what the journal told */
    uint64_t         n_refused_done; /* of these, what the target had refused, ... */
    mig_hash        *refused; /* of this run's, a hash for each; set when the copy has ended */
    size_t           n_refused;
    mig_digest       refused_done; /* ... which is in digest_done or will be read again */

    /* Values that the target took in another form than they were sent in. */
    _Atomic uint64_t n_stored_otherwise;
    mig_digest       digest; /* of the rows that were sent; set when the copy has ended */

    /* When its first chunk was begun and its last one committed (mig_clock_now()); 0: never. */
    _Atomic uint64_t first_at, last_at;

    /* Found by verifying. */
    bool       counted;         /* n_target is known */
    bool       digested;        /* so are digest and digest_back */
    uint64_t   n_target;        /* rows in the target */
    mig_digest digest_back;     /* of the target's rows, read back */
    double     seconds_compare; /* from the first row that was read back to the last */

    /* What an earlier run has committed, by range and first row; fixed before the copy begins. */
    mig_done  *done;
    size_t     n_done;
    uint64_t   n_rows_done; /* that are in the target */
    mig_digest digest_done; /* of what of it is not read again */
} mig_table_copy;

typedef struct mig_copy {
    const mig_plan *plan;
    mig_table_copy *tables;     /* beside plan->tables */
    uint64_t        started_at; /* mig_clock_now() */
    double          seconds;    /* set when the copy has ended */
    int             signo;      /* the signal that ended it early, or 0 */
    bool            at_once;    /* a second one came */
    bool            resumed;    /* mig_copy_resume() was called */
    bool            trusts;     /* ranges of keys that are done are not read again */
    bool            lost;       /* what failed was the connection to the target */
} mig_copy;

/* Counts the source's rows and makes the copy's state.  The source's snapshot is taken. */
mig_status mig_copy_new(mig_source *source, const mig_plan *plan, mig_copy **copyp,
                        mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_copy_free(mig_copy *copy);

/*
 * What the journal names is not copied again, by mig_copy_run; takes the place of what an earlier
 * call said.  Its rows are read again and compared with the digests in the journal, unless `trust`:
 * then only where they have no keys to be left out by.  MIG_E_CHANGED if there are more of them
 * than the source has now.
 */
mig_status mig_copy_resume(mig_copy *copy, const mig_journal *journal, bool trust,
                           mig_error *err) MIG_CHECKED;

/*
 * MIG_E_DATA names rows of the source that the target's foreign keys would refuse, because what
 * they refer to is not there.  Keys whose parent is not copied, that the source itself vouches for,
 * or whose values could become equal by conversion are left to the target.  The source's snapshot
 * is taken.
 */
mig_status mig_orphans_check(mig_source *source, const mig_plan *plan, mig_error *err) MIG_CHECKED;

/*
 * Decides which tables are rebuilt (plan.h), by their rows in the source: the large ones of those
 * for which why_not, beside plan->tables, is NULL (sink.h).  Foreign keys from and to them are
 * suspended, and nobody waits for a parent because of such a key.  What that is, and why a large
 * table is not one of them, goes to *notes, a line each.  The last change of the plan, before the
 * target is prepared.
 */
mig_status mig_plan_rebuild(mig_plan *plan, const mig_copy *copy, const char *const *why_not,
                            mig_buf *notes, mig_error *err) MIG_CHECKED;

/*
 * Copies every table.  `tick` (may be NULL) is called on the main thread several times a second
 * and once at the end.  The first SIGINT or SIGTERM lets open chunks finish (that of a table which
 * refers to itself is the whole table), the second stops at once; either way MIG_E_STOPPED and
 * copy->signo.  On every path all threads have ended and all batches are home when it returns.
 */
mig_status mig_copy_run(mig_copy *copy, mig_source *source, mig_sink *sink,
                        const mig_copy_options *options,
                        void (*tick)(void *arg, const mig_copy *copy), void *arg,
                        mig_error *err) MIG_CHECKED;

/*
 * In place of mig_copy_run, after such a copy: accounts for all rows as copied.  What arrived is
 * for mig_verify_counts to find out.
 */
void mig_copy_came_whole(mig_copy *copy);

/* ---- print ------------------------------------------------------------------------------- */

/* What surrounds a plan; everything is borrowed. */
typedef struct mig_plan_facts {
    const char *source, *target; /* as they may be shown */

    /* The databases' kinds ("SQLite") and catalogs. */
    const char        *source_kind, *target_kind;
    const mig_catalog *source_catalog;

    const char     *schema;    /* where the target's tables come from, and why */
    const char     *decisions; /* lines on a schema that is mirrored; NULL: the tables stand */
    const mig_step *steps;     /* that would be run first */
    size_t          n_steps;
    bool            types_unknown; /* the target's types are known when these have run */
    bool            whole;         /* the plan is one of mig_plan_of_whole */

    const mig_copy         *copy;  /* has the rows of each table */
    const uint64_t         *sizes; /* bytes of each table in the source, UINT64_MAX: unknown */
    const mig_copy_options *options;
    const char             *notes; /* of mig_plan_make */
} mig_plan_facts;

/* The plan for a person to read.  Pure. */
void mig_plan_print(mig_buf *out, const mig_plan *plan, const mig_plan_facts *facts);

/* ---- verify ------------------------------------------------------------------------------ */

/*
 * Counts every table of the plan in the target and compares with the source's count, taken in the
 * same snapshot that was read, and with the rows copied.  MIG_E_DIFFERS lists all that differ.
 */
mig_status mig_verify_counts(mig_copy *copy, mig_sink *sink, mig_error *err) MIG_CHECKED;

/* Differences that are named unless the user wants another number. */
#define MIG_DIFFERENCES_MOST 20

typedef struct mig_verify_sides {
    mig_source *source; /* the copy's, in its snapshot */
    unsigned    n_source_readers;
    mig_source *target; /* over what was written, its snapshot taken */
    unsigned    n_target_readers;
    size_t      most;        /* differences that are named */
    bool        read_source; /* no copy has taken its digests */
} mig_verify_sides;

/*
 * Reads every table of the target back and compares its digest with that of the rows that were
 * sent, which the copy has taken (mig_copy_options.digests), or of the source, read now.
 * MIG_E_DIFFERS names tables, keys, columns and both values; those of secret columns not.  What
 * could not be compared goes to *notes, a line each.
 */
mig_status mig_verify_content(mig_copy *copy, const mig_verify_sides *sides, mig_buf *notes,
                              mig_error *err) MIG_CHECKED;

/* One of the two databases of a plan, to be read without the other. */
typedef struct mig_verify_side {
    mig_source     *database;  /* its snapshot is taken, for n_readers */
    bool            of_target; /* it is the plan's target */
    const mig_plan *plan;
    const uint64_t *n_rows; /* beside plan->tables, about */
    unsigned        n_readers;
} mig_verify_side;

/* The digests that mig_verify_content compares, of that side alone; beside plan->tables. */
mig_status mig_verify_digests(const mig_verify_side *side, mig_digest *digests,
                              mig_error *err) MIG_CHECKED;

/* Whether the column's values have a part in digests.  A text that the target's server has put into
 * a form of its own (the literal of an array) has not. */
bool mig_verify_compares(const mig_column_plan *column);

/* ---- sync -------------------------------------------------------------------------------- */

typedef struct mig_sync mig_sync;

/* For the tables of the plan, with about so many rows (beside plan->tables) in the source. */
mig_status mig_sync_new(const mig_plan *plan, const uint64_t *n_rows, mig_sync **syncp,
                        mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_sync_free(mig_sync *sync);

typedef struct mig_sync_sides {
    mig_source *source; /* its snapshot taken */
    unsigned    n_source_readers;
    mig_source *target; /* over what the target holds, likewise */
    unsigned    n_target_readers;
    mig_sink   *sink; /* behind sync_begin; NULL: the differences are counted only */
} mig_sync_sides;

/*
 * Compares the two sides by the digests of buckets of each table, reads the buckets that differ
 * again, and stages in the sink what has to be written and deleted.  What could not be compared,
 * and what costs more than it should, goes to *notes, a line each.
 */
mig_status mig_sync_compare(mig_sync *sync, const mig_sync_sides *sides, mig_buf *notes,
                            mig_error *err) MIG_CHECKED;

/* What was found, beside plan->tables. */
const mig_sync_table *mig_sync_tables(const mig_sync *sync);
uint64_t              mig_sync_n_source_rows(const mig_sync *sync, size_t table);
bool                  mig_sync_differs(const mig_sync *sync);

/*
 * Has the sink apply what was staged, reads back what was written, and compares the digest that
 * each table has with it to the source's: MIG_E_DIFFERS where that is another one.  sync_commit of
 * the sink makes it final.
 */
mig_status mig_sync_apply(mig_sync *sync, mig_sink *sink, mig_error *err) MIG_CHECKED;

#endif
