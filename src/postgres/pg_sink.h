/*
 * pg_sink.h - the PostgreSQL sink behind the contract, and its parts.
 *
 * sink.c makes it and fills the contract's table; each other file does one
 * part of the work on it.
 *
 * Threads: as in sink.h.  Writers read what is fixed after open and have
 * sessions of their own.
 */
#ifndef MIG_POSTGRES_PG_SINK_H
#define MIG_POSTGRES_PG_SINK_H

#include "mig/sink.h"
#include "query.h"
#include "session.h"

/* Where the truth about what is suspended is kept while a run lasts. */
#define MIG__STATE_SCHEMA "db_migrate"
#define MIG__STATE_TABLE  "trigger_state"
#define MIG__KEY_TABLE    "foreign_key"
#define MIG__INDEX_TABLE  "suspended_index"

/* First key of our advisory locks; the second is the target schema's OID. */
#define MIG__LOCK_CLASS "1684828525"

/* A COPY into a table of staged rows, on the control connection (pg_sync_stage.c). */
typedef struct mig__staging {
    bool           open;
    const char    *name;  /* of the table of the plan, for messages */
    mig_wire_type *types; /* of the fields, if they go as text; else NULL */
    size_t         n_types;
    uint64_t       n_rows;
    mig_buf        lines;
} mig__staging;

/* transaction.c */
typedef enum mig__atomic {
    MIG__ATOMIC_NOT,
    MIG__ATOMIC_APART,  /* the next transaction is the one */
    MIG__ATOMIC_WHOLE,  /* it is open */
    MIG__ATOMIC_BROKEN, /* it was taken back */
} mig__atomic;

typedef struct mig__pg_sink {
    mig_sink base;

    /* Fixed after open. */
    char    *conninfo; /* holds the password: never told, wiped at close */
    char    *home;     /* the target schema */
    char    *schema_oid;
    char    *role;
    char    *database;
    char    *own_path; /* search_path as role and database have it */
    unsigned n_spare;  /* connections that were left beside the control connection */
    int      version;  /* of the server, as libpq counts */
    bool     icu;      /* it has collations of ICU */

    /* Any thread. */
    mig__sessions sessions;

    /* The sink's thread.  Writers only compare server.identity, which is fixed while they live. */
    mig__session   control;
    mig__server    server;
    const char    *schema;   /* where the tables are: `home`, or `stage` until they are exchanged */
    char          *stage;    /* pg_stage.c: the staging schema of this run; or NULL */
    const mig_ddl *home_ddl; /* what it will be in `home`; the caller's */
    bool           exchanged, sequences_held, sequences_set;
    PGresult      *old_rights; /* pg_replaced.c: of tables that were replaced; or NULL */
    mig_buf        old_lost;
    mig_buf        exchange_told; /* notes of the exchange, until it is known to be done */
    bool           claimed;       /* this run holds the advisory lock on the target schema */
    mig__atomic    atomic;
    bool           fresh; /* the tables were made or truncated in the transaction that is open */
    char          *unfinished; /* names of what is marked (unfinished.c), or NULL */
    mig__staging   staging;
    mig__session   statistics; /* statistics.c: making them; else not open */
    bool           statistics_made;

    /* pg_journal.c.  NULL and false where none is kept.  Fixed while writers live. */
    char *journal_id, *journal_source, *journal_plan;
    bool  journal_begun; /* it stands in the target */
    bool  finishing;     /* the transaction that removes it has been tried, or will be */
} mig__pg_sink;

/*
 * The relations a run writes: $1 is the schema, $2 an array of table names.  "listed" are the
 * tables themselves, "tree" also the partitions below them.
 */
#define MIG__WRITTEN_SQL                                                                           \
    "WITH RECURSIVE listed AS ("                                                                   \
    " SELECT c.oid, c.relname, c.relkind, c.relowner FROM pg_catalog.pg_class c"                   \
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"                                    \
    " WHERE n.nspname = $1 AND c.relname::pg_catalog.text = ANY ($2::pg_catalog.text[])"           \
    " AND c.relkind NOT IN ('i', 'I', 'S', 't', 'c')"                                              \
    "), tree AS ("                                                                                 \
    " SELECT l.oid, l.relkind FROM listed l"                                                       \
    " UNION SELECT c.oid, c.relkind FROM tree t"                                                   \
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"                                        \
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE t.relkind = 'p') "

/*
 * transaction.c.  begin: one that changes something, with settings behind it, or ""; begin_catalog:
 * one in which catalog queries see pg_catalog alone; own_path: they see the role's own path.
 * roll_back: at the end of what has come to `st`; does nothing behind an end().
 */
mig_status mig__sink_begin(mig__pg_sink *sink, const char *what, const char *settings,
                           mig_error *err) MIG_CHECKED;
mig_status mig__sink_begin_catalog(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__sink_own_path(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__sink_end(mig__pg_sink *sink, const char *what, mig_error *err) MIG_CHECKED;
void       mig__sink_roll_back(mig__pg_sink *sink, mig_status st);

/* COMMITs what decides between the old state and the new one: a connection that is lost is told as
 * what it means. */
mig_status mig__sink_commit_now(mig__pg_sink *sink, const char *what, mig_error *err) MIG_CHECKED;

/* Ends the transaction of an atomic run, which is not one any more; does nothing in others. */
mig_status mig__sink_commit(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;

/* sink.c.  revive: connects again if the control connection does not live any more.  tables: the
 * plan's target tables; the caller's to free(), the tables are the catalog's. */
mig_status mig__sink_revive(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__sink_tables(const mig_plan *plan, const mig_table ***tablesp,
                            mig_error *err) MIG_CHECKED;
mig_status mig__sink_restore(mig_sink *sink, mig_restoring how, unsigned n_parallel, mig_buf *notes,
                             mig_error *err) MIG_CHECKED;

/*
 * pg_finish.c: of the contract; forget_run: what tells that a run is not at its end goes, all at
 * once; has_been: behind a commit() or finish() that lost its connection, whether the run is over.
 */
mig_status mig__finish_statistics(mig_sink *sink, const mig_plan *plan, unsigned n_others,
                                  mig_error *err) MIG_CHECKED;
mig_status mig__finish_commit(mig_sink *sink, const mig_plan *plan, mig_buf *notes,
                              mig_error *err) MIG_CHECKED;
mig_status mig__finish_run(mig_sink *sink, const mig_plan *plan, mig_buf *notes,
                           mig_error *err) MIG_CHECKED;
mig_status mig__finish_sync(mig_sink *sink, const mig_plan *plan, const mig_sync_table *tables,
                            mig_buf *notes, mig_error *err) MIG_CHECKED;
mig_status mig__sink_forget_run(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__finish_has_been(mig__pg_sink *sink, bool *finishedp, mig_error *err) MIG_CHECKED;

/* rights.c */
mig_status mig__rights_check(mig__pg_sink *sink, const mig_sink_need *need,
                             mig_error *err) MIG_CHECKED;

/* steps.c */
mig_status mig__steps_run(mig__pg_sink *sink, const mig_step *steps, size_t n_steps,
                          mig_error *err) MIG_CHECKED;

/*
 * pg_replace.c: what stands in the target schema under the names of one that is to be made.
 * check: whether it may be dropped, and nothing else depends on it; drop: drops it, except the
 * things (of ddl->things) for which `kept`, of as many elements, becomes true.  Both inside the
 * caller's transaction, under any search_path, and they leave another one.
 */
mig_status mig__replace_check(mig__pg_sink *sink, const mig_ddl *ddl, bool *kept,
                              mig_error *err) MIG_CHECKED;
mig_status mig__replace_drop(mig__pg_sink *sink, const mig_ddl *ddl, bool *kept,
                             mig_error *err) MIG_CHECKED;

/*
 * pg_replaced.c: what relations of these names have beside rows and shape (`names` as in
 * MIG__WRITTEN_SQL) is kept in the sink before they are dropped; given to the new ones of the same
 * names, when all is done, or told.
 */
mig_status mig__replaced_keep(mig__pg_sink *sink, const char *names, mig_error *err) MIG_CHECKED;
mig_status mig__replaced_give(mig__pg_sink *sink, mig_buf *notes, mig_error *err) MIG_CHECKED;

/* pg_make_schema.c, pg_complete_schema.c */
mig_status mig__make_schema(mig__pg_sink *sink, const mig_ddl *ddl, mig_error *err) MIG_CHECKED;
mig_status mig__complete_schema(mig__pg_sink *sink, const mig_ddl *ddl, unsigned n_parallel,
                                mig_error *err) MIG_CHECKED;

/*
 * pg_stage.c: tables that are made in a staging schema, and exchanged with those of the target
 * schema when all is done.
 *
 * stage: as in sink.h.  begin: what is to be replaced may be, and the schema is made; check: it
 * still may be, behind the statements that were run; both inside the caller's transaction.
 * exchange: in a transaction of its own, tried again while others use what is replaced.
 * drop: a staging schema that was left, inside the caller's transaction; MIG_E_REFUSED if something
 * outside of it depends on something in it.
 */
mig_status mig__stage(mig__pg_sink *sink, const mig_ddl *ddl, const mig_journal *journal,
                      mig_stage *stage, mig_error *err) MIG_CHECKED;
mig_status mig__stage_begin(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__stage_check(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
void       mig__stage_settle(mig__pg_sink *sink);
mig_status mig__stage_exchange(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__stage_drop(mig__pg_sink *sink, const char *stage, mig_error *err) MIG_CHECKED;

/* unfinished.c: marks relations (`names` as in MIG__WRITTEN_SQL), in the caller's transaction;
 * takes the mark of this run's away. */
mig_status mig__unfinished_mark(mig__pg_sink *sink, const char *names, mig_error *err) MIG_CHECKED;
mig_status mig__unfinished_clear(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
/* Takes these away, whoever has marked them. */
mig_status mig__unfinished_forget(mig__pg_sink *sink, const char *names,
                                  mig_error *err) MIG_CHECKED;
/* That these are this run's. */
mig_status mig__unfinished_take_up(mig__pg_sink *sink, const char *names,
                                   mig_error *err) MIG_CHECKED;

/*
 * pg_crew.c: runs the statements of one phase side by side.  The first failure is told; it ends the
 * rest, and breaks off what runs beside it, unless they are to go on.
 */
typedef struct mig__crew_orders {
    const mig_ddl *ddl;
    mig_ddl_phase  phase;
    unsigned       n_parallel;   /* >= 1; no more than the target takes */
    const char    *verb;         /* "make": for "cannot make the index x" */
    bool           schema_path;  /* the target schema comes first in search_path */
    bool           go_on;        /* behind a failure that is no end of the connection */
    const char    *lock_timeout; /* NULL: none */
} mig__crew_orders;

mig_status mig__crew_run(mig__pg_sink *sink, const mig__crew_orders *orders,
                         mig_error *err) MIG_CHECKED;

/* Appends the statement that puts the target schema in front of the role's own search_path. */
void mig__add_schema_path(const mig__pg_sink *sink, bool local, mig_buf *sql);

/* prepare.c */
#define MIG__LOCK_TIMEOUT "10s"

/* Raises that other connections use the tables, with who they are; `schema` and `names` as in
 * MIG__WRITTEN_SQL, `waited` as "10s".  Outside of a transaction. */
mig_status mig__sink_locked(mig__pg_sink *sink, const char *schema, const char *names,
                            const char *waited, mig_error *err);

/* Takes the advisory lock that marks the target schema as being written, once. */
mig_status mig__sink_claim(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;

/* Locks the tables, inside a transaction.  *lockedp: another connection held a lock to the end;
 * that is not yet raised. */
mig_status mig__sink_lock(mig__pg_sink *sink, const mig_table *const *tables, size_t n_tables,
                          const char *mode, bool *lockedp, mig_error *err) MIG_CHECKED;
mig_status mig__prepare_tables(mig__pg_sink *sink, const mig_plan *plan,
                               const mig_table *const *tables, mig_error *err) MIG_CHECKED;

/* In place of that, to go on with the run of the journal: nothing is erased, and nothing suspended
 * where all rows are there. */
mig_status mig__resume_tables(mig__pg_sink *sink, const mig_plan *plan,
                              const mig_table *const *tables, mig_journal *journal,
                              mig_error *err) MIG_CHECKED;

/*
 * record.c: tables of the schema MIG__STATE_SCHEMA.  make: `columns` come behind "target", in the
 * caller's transaction, under search_path pg_catalog; drop: the rows of this target for which the
 * condition holds.
 */
mig_status mig__record_exists(mig__pg_sink *sink, const char *table, bool *existsp,
                              mig_error *err) MIG_CHECKED;
mig_status mig__record_make(mig__pg_sink *sink, const char *table, const char *columns,
                            mig_error *err) MIG_CHECKED;
mig_status mig__record_lock(mig__pg_sink *sink, const char *table, mig_error *err) MIG_CHECKED;
mig_status mig__record_drop(mig__pg_sink *sink, const char *table, const char *condition,
                            mig_error *err) MIG_CHECKED;

/* The schema, if nothing is in it any more; in the caller's transaction. */
mig_status mig__record_drop_schema(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;

/* Begins a transaction that puts something back: under the role's own search_path, waiting for a
 * lock MIG__RESTORE_LOCK_TIMEOUT. */
#define MIG__RESTORE_LOCK_TIMEOUT "60s"
mig_status mig__record_begin(mig__pg_sink *sink, const char *what, mig_error *err) MIG_CHECKED;

/* Removes what is recorded for these tables, which are gone, in the caller's transaction; `names`
 * as in MIG__WRITTEN_SQL. */
mig_status mig__record_forget(mig__pg_sink *sink, const char *names, mig_error *err) MIG_CHECKED;

/* What is recorded for this target, a line each. */
mig_status mig__record_list(mig__pg_sink *sink, mig_buf *found, mig_error *err) MIG_CHECKED;

/*
 * suspend.c, restore_index.c: indexes and keys of the plan's rebuilt tables.  suspend inside the
 * caller's transaction, behind mig__keys_suspend().
 */
mig_status mig__indexes_rebuildable(mig__pg_sink *sink, const mig_plan *plan,
                                    const mig_table *const *tables, const char **why_not,
                                    mig_error *err) MIG_CHECKED;
mig_status mig__indexes_suspend(mig__pg_sink *sink, const mig_plan *plan,
                                mig_error *err) MIG_CHECKED;
mig_status mig__indexes_restore(mig__pg_sink *sink, unsigned n_parallel,
                                mig_error *err) MIG_CHECKED;

/*
 * keys.c, restore_key.c: as triggers.c, for the plan's suspended foreign keys.  check: whether the
 * role may do that, and whether there is any.
 */
mig_status mig__keys_check(mig__pg_sink *sink, const mig_plan *plan, bool *anyp,
                           mig_error *err) MIG_CHECKED;
mig_status mig__keys_suspend(mig__pg_sink *sink, const mig_plan *plan, mig_error *err) MIG_CHECKED;
mig_status mig__keys_restore(mig__pg_sink *sink, bool complete, unsigned n_parallel, mig_buf *notes,
                             mig_error *err) MIG_CHECKED;

/* triggers.c; suspend inside the caller's transaction, restore in one of its own. */
mig_status mig__triggers_suspend(mig__pg_sink *sink, const char *names, mig_error *err) MIG_CHECKED;
mig_status mig__triggers_restore(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;

/*
 * The same where one transaction does both: what it finds goes to *statesp, the caller's to
 * PQclear().
 */
mig_status mig__triggers_off(mig__pg_sink *sink, const char *names, PGresult **statesp,
                             mig_error *err) MIG_CHECKED;
mig_status mig__triggers_on(mig__pg_sink *sink, const PGresult *states, mig_error *err) MIG_CHECKED;

/*
 * suspend.c: drops an index or the constraint that rests on it, in the caller's transaction, and
 * appends what makes it again.  MIG_E_UNSUPPORTED for one that has to stay.
 */
mig_status mig__index_take_away(mig__pg_sink *sink, const char *table, const char *index,
                                mig_buf *again, mig_error *err) MIG_CHECKED;

/* pg_sync_stage.c, pg_sync.c, pg_sync_apply.c: as in sink.h. */
#define MIG__SYNC_ROWS_TABLE "db_migrate_rows_"
#define MIG__SYNC_KEYS_TABLE "db_migrate_keys_"
#define MIG__SYNC_MARK       "db_migrate: insert"
mig_status mig__sync_begin(mig__pg_sink *sink, const mig_plan *plan, const mig_table *const *tables,
                           mig_error *err) MIG_CHECKED;
mig_status mig__sync_stage(mig__pg_sink *sink, mig_sync_table *table, mig_staging what,
                           mig_error *err) MIG_CHECKED;
mig_status mig__sync_put(mig__pg_sink *sink, const mig_rows *rows, mig_error *err) MIG_CHECKED;
mig_status mig__sync_staged(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
/* Appends ` WHERE with.key = t.key ...`. */
void       mig__sync_join(const mig_sync_table *table, const char *with, mig_buf *sql);
mig_status mig__sync_apply(mig__pg_sink *sink, const mig_plan *plan, mig_sync_table *tables,
                           mig_error *err) MIG_CHECKED;
mig_status mig__sync_read(mig__pg_sink *sink, const mig_sync_table *table, bool whole,
                          mig_sync_read_fn *fn, void *arg, mig_error *err) MIG_CHECKED;

/*
 * sequences.c.  `names` is the array for MIG__WRITTEN_SQL.  hold: in an atomic run, so that they
 * can be set before its COMMIT; where it cannot (a sequence of another role's, an old server) they
 * are set behind it.  set: in a transaction of its own, unless the run is atomic.
 */
mig_status mig__sequences_hold(mig__pg_sink *sink, const char *names, mig_error *err) MIG_CHECKED;
mig_status mig__sequences_set(mig__pg_sink *sink, const mig_plan *plan, const char *names,
                              mig_buf *notes, mig_error *err) MIG_CHECKED;

/*
 * statistics.c.  begin: on a connection of their own, if n_others and one are left; wait: until
 * those are made; make: likewise, or now.
 */
mig_status mig__statistics_begin(mig__pg_sink *sink, const mig_table *const *tables, size_t n,
                                 unsigned n_others, mig_error *err) MIG_CHECKED;
mig_status mig__statistics_wait(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__statistics_make(mig__pg_sink *sink, const mig_table *const *tables, size_t n,
                                mig_error *err) MIG_CHECKED;
void       mig__statistics_drop(mig__pg_sink *sink);

/*
 * spare.c: connections that are left now.  wait: until n are, or for some seconds.  check:
 * MIG_E_REFUSED if there were less at the start.
 */
mig_status mig__spare_count(mig__pg_sink *sink, unsigned *n_sparep, mig_error *err) MIG_CHECKED;
mig_status mig__spare_wait(mig__pg_sink *sink, unsigned n, mig_error *err) MIG_CHECKED;
mig_status mig__spare_check(mig__pg_sink *sink, unsigned n, mig_error *err) MIG_CHECKED;

/* durable.c: returns when all that was committed before is on the server's disk. */
mig_status mig__durable_point(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;

/*
 * pg_journal.c.  begin and drop inside the caller's transaction, under any search_path; begin does
 * nothing where it is begun, and leaves the role's own path.  chunk appends the statement for a
 * writer's transaction, or nothing.  steps: the statements of the DDL that are not done, each with
 * its record; NULL where no journal is kept.
 */
mig_status mig__journal_keep(mig__pg_sink *sink, const mig_journal_note *note,
                             const char **why_notp, mig_error *err) MIG_CHECKED;
mig_status mig__journal_begin(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
/* The staging schema of the run that is recorded, the caller's to free(); or NULL. */
mig_status mig__journal_stage(mig__pg_sink *sink, char **stagep, mig_error *err) MIG_CHECKED;
mig_status mig__journal_copied(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
mig_status mig__journal_drop(mig__pg_sink *sink, mig_error *err) MIG_CHECKED;
void mig__journal_chunk(const mig__pg_sink *sink, const mig_table_plan *plan, const mig_done *done,
                        mig_buf *sql);
mig_status mig__journal_read(mig__pg_sink *sink, mig_journal *journal, mig_error *err) MIG_CHECKED;
mig_status mig__journal_find(mig__pg_sink *sink, mig_journal **journalp,
                             mig_error *err) MIG_CHECKED;
mig_status mig__journal_take_up(mig__pg_sink *sink, mig_journal *journal,
                                mig_error *err) MIG_CHECKED;
mig_status mig__journal_steps(mig__pg_sink *sink, const mig_ddl *ddl, mig_ddl **leftp,
                              mig_error *err) MIG_CHECKED;

/* pg_atomic.c: a source over what the open transaction holds; it has the control connection until
 * it is closed. */
mig_status mig__atomic_read_back(mig__pg_sink *sink, mig_source **sourcep,
                                 mig_error *err) MIG_CHECKED;

/* copy_parts.c */
mig_status mig__copy_parts_try(mig_writer *writer, mig_rows *rows, mig_refused_fn *fn, void *arg,
                               mig_error *err) MIG_CHECKED;

/* copy_writer.c */
mig_status mig__copy_writer_open(mig_sink *sink, unsigned index, const mig_stop *stop,
                                 mig_writer **writerp, mig_error *err) MIG_CHECKED;
mig_status mig__copy_writer_begin(mig_writer *writer, const mig_table_plan *plan,
                                  mig_error *err) MIG_CHECKED;
mig_status mig__copy_writer_write(mig_writer *writer, mig_rows *rows, uint64_t *rowp,
                                  mig_error *err) MIG_CHECKED;
mig_status mig__copy_writer_commit(mig_writer *writer, const mig_done *done, uint64_t *rowp,
                                   mig_error *err) MIG_CHECKED;
void       mig__copy_writer_abort(mig_writer *writer, const char *why);
void       mig__copy_writer_close(mig_writer *writer);

#endif
