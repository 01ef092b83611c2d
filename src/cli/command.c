/*
 * command.c - the order of a migration.
 *
 *   look      (look.c) open and snapshot the source; read both catalogs; try the
 *             master key; choose the schema, mirrored ones are thought out; is
 *             the target empty, may the role do it; --dry-run prints the plan
 *             and ends here
 *   ask       the prompt; up to here nothing in the target was changed
 *   prepare   bring the schema forward, plan, count the source, make mirrored
 *             tables, erase
 *   copy      the pipeline; from SQLite to SQLite mostly the whole file (clone.h)
 *   finish    triggers back, what mirrored tables have beside their rows, counts
 *             compared, one more look at the source, statistics or exchange
 *
 * What takes time after the prompt runs as a phase (migrate.h), so that the
 * main thread hears signals.
 */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "against.h"
#include "clone.h"
#include "databases.h"
#include "ending.h"
#include "mig/clock.h"
#include "mig/log.h"
#include "mig/threads.h"
#include "migration.h"
#include "mirror_report.h"
#include "proof.h"
#include "rejecting.h"
#include "restore_only.h"
#include "resuming.h"
#include "retrying.h"
#include "rules.h"
#include "sync_run.h"

/* A target that is exchanged as a whole at the end stays untouched until then. */
static void
reach(mig_migration *m, mig_target_state state)
{
    if (!m->sink->all_or_nothing)
        m->target_state = m->mirroring.stage.name != NULL ? MIG_TARGET_STAGED : state;
}

static mig_status
run_steps(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = MIG_OK;

    MIG_TRY(m->sink->ops->run_steps(m->sink, m->choice.steps, m->choice.n_steps, err));
    reach(m, MIG_TARGET_SCHEMA_MADE);
    mig_catalog_free(m->target_catalog);
    m->target_catalog = NULL;
    free(m->standing); /* It pointed into the old catalog. */
    m->standing = NULL;
    MIG_TRY(m->sink->ops->catalog(m->sink, &m->target_catalog, err));
    MIG_TRY(mig__look_plan(m, err));
done:
    return st;
}

static mig_status
count_source(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = mig_copy_new(m->source, m->plan, &m->copy, err);

    if (mig__rejecting_keeps_keys(m)) /* it refuses orphans, one by one */
        return st;
    if (st == MIG_OK && m->whole == NULL && m->journal == NULL)
        st = mig_orphans_check(m->source, m->plan, err);
    return st;
}

static mig_status
place_mirror(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return mig__mirroring_place(&m->mirroring, m->journal, err);
}

static mig_status
make_mirror(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = m->journal != NULL ? mig__mirroring_take_up(&m->mirroring, err)
                                           : mig__mirroring_run(&m->mirroring, err);

    if (m->mirroring.catalog == NULL) /* nothing was made */
        return st;
    reach(m, MIG_TARGET_MIRRORED);
    free(m->standing); /* It points into the old catalog. */
    m->standing = NULL;
    mig_catalog_free(m->target_catalog);
    m->target_catalog = m->mirroring.catalog;
    m->mirroring.catalog = NULL;
    return st;
}

/* What is large enough to be copied without its indexes and keys. */
static mig_status
choose_rebuilt(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st;

    if (mig__rejecting_keeps_keys(m))
        return MIG_OK;
    st = mig__migration_rebuild(m->sink, m->plan, m->copy, &m->rebuilding, err);

    for (size_t i = 0; i < m->plan->n_tables; i++)
        m->rebuilds = m->rebuilds || m->plan->tables[i].rebuilt;
    return st;
}

static mig_status
erase_target(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = m->journal != NULL ? mig__resuming_take_up(m, err)
                                           : m->sink->ops->prepare(m->sink, m->plan, err);

    if (st == MIG_OK)
        reach(m, MIG_TARGET_ERASED);
    return st;
}

static mig_status
restore_target(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->restore(m->sink, m->restoring, mig__migration_parallel(m), &m->warnings,
                                 err);
}

/* A file that is exchanged is told by nobody; it always is. */
static void
tell_place(const mig_migration *m)
{
    const mig_stage *stage = &m->mirroring.stage;

    if (stage->name != NULL && m->journal != NULL)
        mig_log_info("The tables are in the schema %s until all is verified", stage->name);
    else if (stage->name != NULL)
        mig_log_info("Making the target's tables, in the schema %s until all is verified\u2026",
                     stage->name);
    else if (m->journal == NULL)
        mig_log_info("Making the target's tables\u2026");
    if (stage->why_not != NULL && m->n_standing > 0)
        mig_log_warning("the tables are made in the place of the old ones, which are gone if this "
                        "run does not come to its end: %s",
                        stage->why_not);
}

static mig_status
prepare(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    if (m->choice.n_steps > 0) {
        mig_log_info("Running schema migrations on target\u2026");
        MIG_TRY(mig__migration_phase(m, run_steps, err));
        mig__report_warnings(&m->plan->warnings);
    } else if (m->whole != NULL) {
        mig_log_info("Schema of the target: the source's, which is copied as a whole (%s)",
                     m->whole);
    } else if (!mig__migration_mirrors(m)) {
        mig_log_info("Schema of the target: as it stands (%s)", m->choice.why);
    }
    if (m->notes.len > 0)
        mig_log_info("%.*s", (int)(m->notes.len - 1), m->notes.data);
    if (m->copying.one_transaction)
        mig_log_info("Everything is one transaction: until its end the target is what it was, and "
                     "its tables are locked");
    MIG_TRY(mig__migration_phase(m, count_source, err));
    if (m->whole != NULL) /* the new file takes the old one's place */
        goto done;
    if (m->journal == NULL)
        MIG_TRY(mig__migration_phase(m, mig__resuming_keep, err));
    m->journalled = m->journalled || m->journal != NULL;
    if (mig__migration_mirrors(m)) {
        MIG_TRY(mig__migration_phase(m, place_mirror, err));
        tell_place(m);
        MIG_TRY(mig__migration_phase(m, make_mirror, err));
    } else if (m->journal == NULL || !m->journal->copied) {
        MIG_TRY(mig__migration_phase(m, choose_rebuilt, err));
        if (m->rebuilding.len > 0)
            mig_log_info("%.*s", (int)(m->rebuilding.len - 1), m->rebuilding.data);
    }
    if (!mig__migration_mirrors(m) && m->journal == NULL)
        mig_log_info("Cleaning target database\u2026");
    MIG_TRY(mig__migration_phase(m, erase_target, err));
done:
    return st;
}

/* n_before: rows that were there when the copy began. */
static void
tell_copied(const mig_migration *m, uint64_t n_before, bool in_passes)
{
    uint64_t n_rows = mig__retrying_rows(m->copy) - n_before, n_bytes = 0, n_batches = 0;
    double   seconds = m->copy->seconds;
    char     travelled[80] = ""; /* A database that is cloned does not travel in rows. */

    for (size_t i = 0; i < m->plan->n_tables; i++) {
        n_bytes += atomic_load(&m->copy->tables[i].n_bytes);
        n_batches += atomic_load(&m->copy->tables[i].n_batches);
    }
    if (n_batches > 0 && !in_passes) /* else these are the last one's */
        snprintf(travelled, sizeof travelled, ", %.1f MiB in batches of %.0f rows on average",
                 (double)n_bytes / (1 << 20), (double)n_rows / (double)n_batches);
    mig_log_info("Copied %" PRIu64 " rows in %.3f s (%.0f rows/s)%s", n_rows, seconds,
                 seconds > 0 ? (double)n_rows / seconds : 0, travelled);
}

/* All that is not in the target yet. */
static mig_status
copy_pass(mig_migration *m, mig_error *err)
{
    mig_status st;

    if (m->whole != NULL)
        st = mig__migration_clone(m, mig__clone_run, err);
    else
        st = mig_copy_run(m->copy, m->source, m->sink, &m->copying, mig__progress_tick,
                          &m->progress, err);
    mig__progress_clear(&m->progress);
    if (m->copy->signo != 0)
        m->signo = m->copy->signo;
    if (st == MIG_OK && m->journalled) {
        st = mig__migration_phase(m, mig__resuming_copied, err);
        m->copy->lost = st == MIG_E_CONNECT;
    }
    return st;
}

static mig_status
copy_rows(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    uint64_t   n_before = mig__retrying_rows(m->copy), started_at = mig_clock_now();
    bool       in_passes = false;

    mig_log_info("Copying tables\u2026");
    MIG_TRY(mig__progress_init(&m->progress, m->plan, m->options->quiet, err));
    if (mig__retrying_wanted(m))
        MIG_TRY(mig__migration_phase(m, mig__retrying_begin, err));
    st = copy_pass(m, err);
    while (st != MIG_OK && mig__retrying_again(m, &st, err)) {
        in_passes = true;
        st = copy_pass(m, err);
        m->copy->seconds = mig_clock_seconds_since(started_at);
    }
    if (st == MIG_OK)
        tell_copied(m, n_before, in_passes);
done:
    mig__progress_fini(&m->progress);
    return st;
}

static mig_status
restore(mig_migration *m, mig_error *err)
{
    return mig__migration_phase(m, restore_target, err);
}

/* What was suspended goes back whatever happened; after a failure that failure stays the error. */
static mig_status
put_back(mig_migration *m, mig_status st, mig_error *err)
{
    mig_error  later = MIG_ERROR_INIT;
    mig_status restored;
    int        signo = m->signo;

    if (st != MIG_OK && m->target_state < MIG_TARGET_ERASED)
        return st;
    m->restoring = st == MIG_OK       ? MIG_RESTORE_COMPLETE
                   : m->copy->at_once ? MIG_RESTORE_BRIEFLY
                                      : MIG_RESTORE_PARTLY;
    if (m->rebuilds && m->restoring != MIG_RESTORE_BRIEFLY)
        mig_log_info("Making indexes and keys again\u2026");
    restored = st == MIG_OK ? mig__retrying_do(m, restore, &later) : restore(m, &later);
    mig__rejecting_explain(m, restored, &later);
    mig__report_warnings(&m->warnings);
    mig_buf_clear(&m->warnings);
    if (restored == MIG_E_STOPPED && !m->copying.one_transaction)
        mig_log_warning("not all that was suspended in the target is back: --restore-only puts it "
                        "back");
    if (st == MIG_OK)
        mig_error_move(err, &later);
    else if (restored != MIG_OK && (restored != MIG_E_CONNECT || st != MIG_E_CONNECT))
        mig_log_error(&later);
    mig_error_fini(&later);
    if (signo != 0)
        m->signo = signo;
    return st != MIG_OK ? st : restored;
}

static mig_status
migrate(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    if (m->options->against != NULL)
        return mig__against_run(m, err);
    if (m->options->verify_only)
        return mig__ending_compare(m, err);
    if (m->options->sync)
        return mig__sync_run(m, err);

    MIG_TRY(mig__look_and_ask(m, err));
    if (m->options->dry_run || m->options->emit_schema != NULL)
        goto done;
    mig_threads_block_signals();
    mig__migration_step(m, MIG_RUN_PREPARE);
    st = mig__rejecting_open(m, err);
    if (st == MIG_OK)
        st = prepare(m, err);
    mig__migration_step(m, MIG_RUN_COPY);
    if (st == MIG_OK)
        st = copy_rows(m, err);
    mig__migration_step(m, MIG_RUN_REBUILD);
    st = put_back(m, st, err);
    if (st != MIG_OK)
        goto done;
    reach(m, MIG_TARGET_COPIED);
    if (mig__migration_mirrors(m))
        MIG_TRY(mig__retrying_do(m, mig__ending_complete, err));
    mig__migration_step(m, MIG_RUN_VERIFY);
    MIG_TRY(mig__retrying_do(m, mig__ending_verify, err));
    mig__migration_step(m, MIG_RUN_FINISH);
    if (m->mirroring.stage.name != NULL)
        mig_log_info("Putting the tables in their place\u2026");
    st = mig__retrying_do(m, mig__ending_finish, err);
    mig__rejecting_explain(m, st, err);
    MIG_TRY(st);
    mig__report_warnings(&m->warnings);
done:
    return st;
}

static void
close_all(mig_migration *m)
{
    mig_sync_free(m->sync);
    mig_journal_free(m->journal);
    mig_copy_free(m->copy);
    mig_plan_free(m->plan);
    mig__mirroring_close(&m->mirroring);
    mig__schema_choice_fini(&m->choice);
    free(m->standing);
    mig_catalog_free(m->target_catalog);
    mig_catalog_free(m->source_catalog);
    mig_source_close(m->back);
    mig_sink_close(m->sink);
    mig_source_close(m->source);
    mig_master_key_free(m->key);
    mig__rules_close(&m->rules);
    mig_buf_fini(&m->warnings);
    mig_buf_fini(&m->notes);
    mig_buf_fini(&m->rebuilding);
    mig__url_fini(&m->target_url);
    mig__url_fini(&m->source_url);
}

/*
 * A writer for each processor, up to 8: one writer keeps one server process busy, and a second one
 * works while the first waits for its commit (measured on 2 processors, against one writer: narrow
 * rows 0.88 to 0.99, blobs 1.11 to 1.24, many small tables 0.62 to 1.06 of the server's own COPY).
 * As many readers: one has one chunk open at a time, whatever its speed, and so keeps one writer at
 * work (decision 19).  SQLite takes its rows from one writer, which one reader feeds.
 */
static void
choose_threads(mig_migration *m)
{
    long     n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    bool     atomic = m->options->atomic && m->target_url.kind != MIG_URL_SQLITE;
    unsigned n_writers = atomic ? 1 : n_cpus > 8 ? 8 : n_cpus > 1 ? (unsigned)n_cpus : 1;

    m->copying = (mig_copy_options){
        .n_writers = m->options->n_writers > 0 ? (unsigned)m->options->n_writers : n_writers,
        .batch_rows = m->options->batch_size,
        .batch_bytes = m->options->batch_size_given ? MIG_BATCH_BYTES_EXPLICIT : MIG_BATCH_BYTES,
        .chunk_bytes = MIG_CHUNK_BYTES,
        .chunk_bytes_least = MIG_CHUNK_BYTES_LEAST,
        .digests = m->options->verify_content,
        .one_transaction = atomic,
    };
    m->copying.n_readers = m->options->n_readers >= 0             ? (unsigned)m->options->n_readers
                           : m->target_url.kind == MIG_URL_SQLITE ? 1
                                                                  : m->copying.n_writers;
}

static void
tell_end(const mig_migration *m)
{
    mig__report_summary(m->copy, mig_clock_seconds_since(m->started_at), m->options->quiet);
    if (mig__migration_mirrors(m))
        mig__mirror_report_summary(m->mirroring.mirror);
}

/* After a failure. */
static void
tell_target(const mig_migration *m)
{
    mig_buf command = MIG_BUF_INIT;
    bool    resumable = m->journalled && (m->target_state == MIG_TARGET_STAGED ||
                                       m->target_state == MIG_TARGET_EXCHANGING ||
                                       m->target_state >= MIG_TARGET_ERASED);

    if (resumable)
        mig__resuming_command(m, &command);
    mig__report_target(m->target_state, m->copy,
                       m->choice.n_steps > 0       ? MIG_SCHEMA_UPTRAKIT
                       : mig__migration_mirrors(m) ? MIG_SCHEMA_MIRROR
                                                   : MIG_SCHEMA_EXISTING,
                       command.len > 0 ? mig_buf_text(&command) : NULL);
    mig_buf_fini(&command);
}

/* A source is not needed, and not given, where things are only put back. */
static mig_status
parse_url(const char *option, char *text, mig_url *url, mig_error *err)
{
    mig_status st = MIG_OK;

    if (text == NULL)
        return MIG_OK;
    st = mig__url_parse(option, text, url, err);
    mig__url_wipe_argument(text);
    if (st == MIG_OK)
        st = mig__databases_compiled_in(url, option, err);
    return st;
}

/* Whether the run is one that fills the target. */
static bool
copies(const mig_options *options)
{
    return !options->dry_run && !options->restore_only && !options->verify_only && !options->sync &&
           options->emit_schema == NULL;
}

/* After --report; what has gone wrong before stays the outcome. */
static mig_status
write_report(const mig_migration *m, mig_status st, mig_error *err)
{
    mig_error  failure = MIG_ERROR_INIT;
    mig_status written;

    if (m->options->report == NULL || st == MIG_E_USAGE)
        return st;
    written = mig__proof_write(m, st, err, &failure);
    if (st == MIG_OK)
        mig_error_move(err, &failure);
    else if (written != MIG_OK)
        mig_log_error(&failure);
    mig_error_fini(&failure);
    return st != MIG_OK ? st : written;
}

mig_status
mig__command_run(const mig_options *options, int *signop, mig_error *err)
{
    mig_migration m = {.options = options,
                       .started_at = mig_clock_now(),
                       .step_since = mig_clock_now(),
                       .notes = MIG_BUF_INIT,
                       .rebuilding = MIG_BUF_INIT,
                       .warnings = MIG_BUF_INIT};
    mig_status    st = MIG_OK;
    bool          complete; /* but for rows that were set aside */

    *signop = 0;
    clock_gettime(CLOCK_REALTIME, &m.started_wall);
    m.source_url = m.target_url = (mig_url)MIG_URL_INIT;
    st = parse_url("--source-db", options->source_db, &m.source_url, err);
    if (st == MIG_OK)
        st = parse_url("--target-db", options->target_db, &m.target_url, err);
    else if (options->target_db != NULL)
        mig__url_wipe_argument(options->target_db);
    choose_threads(&m);
    if (st == MIG_OK)
        st = mig__rejecting_check(options, err);
    if (st == MIG_OK && options->report != NULL)
        st = mig__proof_try(options->report, err);
    if (st == MIG_OK)
        st = mig__rules_open(options, &m.rules, err);
    if (st == MIG_OK)
        st = mig__mirroring_open(options, &m.mirroring, err);
    if (st == MIG_OK)
        st = options->restore_only ? mig__restore_only_run(&m, err) : migrate(&m, err);
    if (st == MIG_OK && copies(options))
        tell_end(&m);
    st = mig__rejecting_end(&m, st, &complete, err);
    mig__migration_step(&m, m.step);
    *signop = m.signo;
    st = write_report(&m, st, err);
    if (st != MIG_OK && st != MIG_E_USAGE) {
        mig_log_error(err);
        if (options->sync)
            mig__sync_tell_state(&m);
        else if (!options->restore_only && !options->verify_only && !complete)
            tell_target(&m);
        mig_error_fini(err);
    }
    close_all(&m);
    return st;
}
