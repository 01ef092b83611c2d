/*
 * command.c - the order of a migration.
 *
 *   look      open and snapshot the source; read both catalogs; try the master
 *             key; choose the schema; is the target empty, may the role do it;
             --dry-run prints the plan and ends here
 *   ask       the prompt; up to here nothing in the target was changed
 *   prepare   bring the schema forward, plan, count the source, erase
 *   copy      the pipeline; from SQLite to SQLite mostly the whole file (clone.h)
 *   finish    triggers back, counts compared, one more look at the source, statistics or exchange
 *
 * What takes time after the prompt runs as a phase (migrate.h), so that the
 * main thread hears signals; before it a signal simply ends the program.
 */
#include "command.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clone.h"
#include "databases.h"
#include "dry_run.h"
#include "keycheck.h"
#include "mig/clock.h"
#include "mig/log.h"
#include "mig/match.h"
#include "mig/migrate.h"
#include "mig/threads.h"
#include "mig/uptrakit.h"
#include "progress.h"
#include "prompt.h"
#include "report.h"
#include "rules.h"
#include "safety.h"
#include "schema_choice.h"
#include "url.h"
#include "versions.h"

typedef struct migration {
    const mig_options *options;
    uint64_t           started_at;
    int                signo;
    mig_copy_options   copying;
    mig_progress       progress;

    mig_url         source_url, target_url;
    mig_master_key *key;
    mig_source     *source;
    mig_sink       *sink;
    mig_catalog    *source_catalog;
    mig_catalog    *target_catalog;
    bool            is_uptrakit;
    mig_plan_rules  rules;

    mig_target_schema choice;
    const char       *whole;    /* why the source is taken along in one piece; NULL for rows */
    const mig_table **standing; /* tables of the target that will be erased */
    size_t            n_standing;

    mig_buf          notes;
    mig_buf          warnings; /* of restore() and finish(), a line each */
    mig_plan        *plan;
    mig_copy        *copy;
    bool             copied; /* all rows are in the target */
    mig_target_state target_state;
} migration;

/* ---- before the prompt ------------------------------------------------------------------- */

static void
end_at_signal(int signo)
{
    static const char text[] = "\nstopped by a signal; the target is untouched\n";
    ssize_t           n = write(STDERR_FILENO, text, sizeof text - 1);

    (void)n;
    _exit(128 + signo);
}

/* While only reading goes on there is nothing to clear away. */
static void
end_at_signals(void)
{
    struct sigaction action = {.sa_handler = end_at_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/*
 * A writer for each processor, up to 8: one writer keeps one server process busy, and a second one
 * works while the first waits for its commit (measured on 2 processors, against one writer: narrow
 * rows 0.88 to 0.99, blobs 1.11 to 1.24, many small tables 0.62 to 1.06 of the server's own COPY).
 * One reader feeds about three writers.
 */
static void
choose_threads(migration *m)
{
    long     n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n_writers = n_cpus > 8 ? 8 : n_cpus > 1 ? (unsigned)n_cpus : 1;

    m->copying = (mig_copy_options){
        .n_writers = m->options->n_writers > 0 ? (unsigned)m->options->n_writers : n_writers,
        .batch_rows = m->options->batch_size,
        .batch_bytes = m->options->batch_size_given ? MIG_BATCH_BYTES_EXPLICIT : MIG_BATCH_BYTES,
        .chunk_bytes = MIG_CHUNK_BYTES,
        .chunk_bytes_least = MIG_CHUNK_BYTES_LEAST,
    };
    m->copying.n_readers = m->options->n_readers >= 0 ? (unsigned)m->options->n_readers
                                                      : (m->copying.n_writers + 2) / 3;
}

static mig_status
open_source(migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    mig_log_info("Connecting to source:  %s", m->source_url.display);
    MIG_TRY(mig__databases_open_source(&m->source_url, m->options->source_schema, &m->source, err));
    MIG_TRY(m->source->ops->snapshot(m->source, m->copying.n_readers > 0 ? m->copying.n_readers : 1,
                                     err));
    MIG_TRY(m->source->ops->catalog(m->source, &m->source_catalog, err));
    m->is_uptrakit = mig_uptrakit_recognised(m->source_catalog);
    if (m->is_uptrakit)
        mig__rules_of_uptrakit(&m->rules);
    MIG_TRY(mig_plan_check_patterns(&m->rules, m->source_catalog, err));
done:
    return st;
}

static mig_status
check_key(migration *m, mig_error *err)
{
    mig_status st;

    if (!m->is_uptrakit)
        return MIG_OK;
    if (m->key == NULL && !m->options->allow_plaintext_secrets) {
        st = mig_raise(err, MIG_E_KEY,
                       "a master key is required: the source is an Uptrakit "
                       "installation");
        mig_error_hint(err,
                       "give --master-key-file PATH (or %s in the environment); "
                       "--allow-plaintext-secrets goes on without, for development only; the "
                       "target is untouched",
                       MIG_MASTER_KEY_ENV);
        return st;
    }
    if (m->key == NULL) {
        mig_log_warning("no master key: encrypted values are copied as they are and were not "
                        "checked");
        return MIG_OK;
    }
    if (m->options->allow_plaintext_secrets)
        mig_log_warning("--allow-plaintext-secrets has no effect beside a master key");
    return mig__keycheck(m->source, m->source_catalog, m->key, err);
}

static mig_status
make_plan(migration *m, mig_error *err)
{
    mig_status st;

    mig_buf_clear(&m->notes);
    if (m->whole != NULL)
        return mig_plan_of_whole(m->source_catalog, &m->rules, &m->plan, err);
    st = mig_plan_make(m->source_catalog, m->target_catalog, &m->rules, &m->plan, &m->notes, err);
    if (st == MIG_E_SCHEMA && m->target_catalog->n_tables == 0)
        mig_error_hint(err, "this version copies into tables that stand: make them in the target "
                            "first (nothing was changed)");
    return st;
}

/*
 * The tables of the target that will be erased: those of the plan, or, while the plan knows nothing
 * of the target, those that already stand of what will be copied.
 */
static mig_status
find_standing(migration *m, mig_error *err)
{
    bool planned = m->plan != NULL && m->whole == NULL;

    m->standing = calloc(m->source_catalog->n_tables + 1, sizeof *m->standing);
    if (m->standing == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of tables");
    for (size_t i = 0; planned && i < m->plan->n_tables; i++)
        m->standing[m->n_standing++] = m->plan->tables[i].target;
    for (size_t i = 0; !planned && i < m->source_catalog->n_tables; i++) {
        const mig_table *source = &m->source_catalog->tables[i];
        const mig_table *twin;

        mig_match_table(m->source_catalog, source->name, m->target_catalog, &twin);
        if (mig_plan_wants(&m->rules, source) && twin != NULL &&
            (twin->kind == MIG_TABLE_PLAIN || twin->kind == MIG_TABLE_PARTITIONED))
            m->standing[m->n_standing++] = twin;
    }
    return MIG_OK;
}

/* The whole file comes along only if nothing of it is to be left out. */
static bool
may_be_whole(const migration *m)
{
    return (m->is_uptrakit || m->options->schema != MIG_SCHEMA_UPTRAKIT) &&
           m->options->include.n == 0 && m->options->exclude.n == 0 && m->rules.n_casts == 0;
}

static mig_status
choose_schema(migration *m, mig_error *err)
{
    const mig_schema_question question = {
        m->options->schema, m->source, m->source_catalog, m->sink, m->target_catalog, &m->rules,
    };
    const mig_versions both = {
        m->source,         m->source_catalog, m->sink,
        m->target_catalog, &m->rules,         m->options->allow_version_mismatch,
    };
    mig_status st = MIG_OK;

    if (may_be_whole(m))
        MIG_TRY(mig__clone_choose(m->options->schema, m->source, m->sink, &m->whole, err));
    if (m->whole != NULL)
        goto done;
    if (m->options->schema == MIG_SCHEMA_MIRROR) {
        st = mig_raise(err, MIG_E_UNSUPPORTED, "this version mirrors no schema yet");
        goto done;
    }
    MIG_TRY(mig__schema_choose(&question, &m->choice, err));
    if (m->choice.mode == MIG_SCHEMA_EXISTING)
        MIG_TRY(mig__versions_check(&both, err));
done:
    return st;
}

static mig_status
open_target(migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    mig_log_info("Connecting to target:  %s", m->target_url.display);
    MIG_TRY(mig__databases_open_sink(&m->target_url, m->options->target_schema, &m->sink, err));
    m->rules.order_free = m->sink->ops->order_free;
    MIG_TRY(m->sink->ops->catalog(m->sink, &m->target_catalog, err));
    MIG_TRY(choose_schema(m, err));
    /* With nothing to run the target's schema is final: misfits show before the question. */
    if (m->choice.n_steps == 0) {
        MIG_TRY(make_plan(m, err));
        mig__report_warnings(&m->plan->warnings);
    }
    MIG_TRY(find_standing(m, err));
done:
    return st;
}

static mig_status
print_plan(migration *m, mig_error *err)
{
    const mig_dry_run run = {
        .source_url = &m->source_url,
        .target_url = &m->target_url,
        .source = m->source,
        .sink = m->sink,
        .source_catalog = m->source_catalog,
        .choice = &m->choice,
        .whole = m->whole,
        .rules = &m->rules,
        .copying = &m->copying,
        .plan = m->plan,
        .notes = m->plan != NULL ? &m->notes : NULL,
    };

    return mig__dry_run_print(&run, err);
}

static mig_status
check_target(migration *m, mig_error *err)
{
    mig_sink_need need = {.create_tables = m->choice.n_steps > 0,
                          .tables = m->standing,
                          .n_tables = m->n_standing,
                          .plan = m->plan};
    mig_status    st = MIG_OK;

    if (!m->options->force)
        MIG_TRY(mig__safety_check_empty(m->sink, m->standing, m->n_standing, m->is_uptrakit, err));
    if (!m->options->force && m->whole != NULL)
        MIG_TRY(mig__clone_check_empty(m->sink, err));
    MIG_TRY(m->sink->ops->check(m->sink, &need, err));
done:
    return st;
}

static mig_status
look_and_ask(migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    end_at_signals();
    MIG_TRY(mig__databases_check_schema(&m->source_url, "--source-schema",
                                        m->options->source_schema, err));
    MIG_TRY(mig__databases_check_schema(&m->target_url, "--target-schema",
                                        m->options->target_schema, err));
    MIG_TRY(mig_master_key_load(m->options->master_key_file, &m->key, err));
    if (m->key != NULL && mig_master_key_warning(m->key) != NULL)
        mig_log_warning("%s", mig_master_key_warning(m->key));
    MIG_TRY(mig__databases_check(&m->source_url, &m->target_url, err));
    MIG_TRY(open_source(m, err));
    MIG_TRY(check_key(m, err));
    MIG_TRY(open_target(m, err));
    if (m->options->dry_run)
        MIG_TRY(print_plan(m, err));
    MIG_TRY(check_target(m, err));
    if (!m->options->yes && !m->options->dry_run)
        MIG_TRY(mig__prompt_erase(m->source_url.display, m->target_url.display, err));
done:
    return st;
}

/* A target that is exchanged as a whole at the end stays untouched until then. */
static void
reach(migration *m, mig_target_state state)
{
    if (!m->sink->ops->all_or_nothing)
        m->target_state = state;
}

/* ---- after the prompt -------------------------------------------------------------------- */

static mig_status
run_steps(void *arg, mig_error *err)
{
    migration *m = arg;
    mig_status st = MIG_OK;

    MIG_TRY(m->sink->ops->run_steps(m->sink, m->choice.steps, m->choice.n_steps, err));
    reach(m, MIG_TARGET_SCHEMA_MADE);
    mig_catalog_free(m->target_catalog);
    m->target_catalog = NULL;
    free(m->standing); /* It pointed into the old catalog. */
    m->standing = NULL;
    MIG_TRY(m->sink->ops->catalog(m->sink, &m->target_catalog, err));
    MIG_TRY(make_plan(m, err));
done:
    return st;
}

static mig_status
count_source(void *arg, mig_error *err)
{
    migration *m = arg;
    mig_status st = mig_copy_new(m->source, m->plan, &m->copy, err);

    if (st == MIG_OK && m->whole == NULL)
        st = mig_orphans_check(m->source, m->plan, err);
    return st;
}

static mig_status
erase_target(void *arg, mig_error *err)
{
    migration *m = arg;
    mig_status st = m->sink->ops->prepare(m->sink, m->plan, err);

    if (st == MIG_OK)
        reach(m, MIG_TARGET_ERASED);
    return st;
}

static mig_status
restore_target(void *arg, mig_error *err)
{
    migration *m = arg;

    return m->sink->ops->restore(m->sink, m->copied, &m->warnings, err);
}

static mig_status
compare_counts(void *arg, mig_error *err)
{
    migration *m = arg;

    return mig_verify_counts(m->copy, m->sink, err);
}

static mig_status
finish(void *arg, mig_error *err)
{
    migration *m = arg;
    mig_status st = MIG_OK;

    MIG_TRY(m->source->ops->unchanged(m->source, err));
    /* Last: it can make the target final. */
    MIG_TRY(m->sink->ops->finish(m->sink, m->plan, &m->warnings, err));
done:
    return st;
}

static mig_status
phase(migration *m, mig_phase_fn *fn, mig_error *err)
{
    int        signo = 0;
    mig_status st = mig_phase_run(m->source, m->sink, fn, m, &signo, err);

    if (signo != 0)
        m->signo = signo;
    return st;
}

static mig_status
prepare(migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    if (m->choice.n_steps > 0) {
        mig_log_info("Running schema migrations on target\u2026");
        MIG_TRY(phase(m, run_steps, err));
        mig__report_warnings(&m->plan->warnings);
    } else if (m->whole != NULL) {
        mig_log_info("Schema of the target: the source's, which is copied as a whole (%s)",
                     m->whole);
    } else {
        mig_log_info("Schema of the target: as it stands (%s)", m->choice.why);
    }
    if (m->notes.len > 0)
        mig_log_info("%.*s", (int)(m->notes.len - 1), m->notes.data);
    MIG_TRY(phase(m, count_source, err));
    if (m->whole != NULL) /* the new file takes the old one's place */
        goto done;
    mig_log_info("Cleaning target database\u2026");
    MIG_TRY(phase(m, erase_target, err));
done:
    return st;
}

static void
tell_copied(const migration *m)
{
    uint64_t n_rows = 0;
    double   seconds = m->copy->seconds;

    for (size_t i = 0; i < m->plan->n_tables; i++)
        n_rows += atomic_load(&m->copy->tables[i].n_committed);
    mig_log_info("Copied %llu rows in %.3f s (%.0f rows/s)", (unsigned long long)n_rows, seconds,
                 seconds > 0 ? (double)n_rows / seconds : 0);
}

static mig_status
clone(migration *m, mig_error *err)
{
    mig_clone whole = {m->source, m->sink, m->copy, &m->progress};

    return mig_phase_run(m->source, m->sink, mig__clone_run, &whole, &m->signo, err);
}

static mig_status
copy_rows(migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    mig_log_info("Copying tables\u2026");
    MIG_TRY(mig__progress_init(&m->progress, m->plan, m->options->quiet, err));
    if (m->whole != NULL)
        st = clone(m, err);
    else
        st = mig_copy_run(m->copy, m->source, m->sink, &m->copying, mig__progress_tick,
                          &m->progress, err);
    mig__progress_clear(&m->progress);
    if (m->copy->signo != 0)
        m->signo = m->copy->signo;
    if (st == MIG_OK)
        tell_copied(m);
done:
    mig__progress_fini(&m->progress);
    return st;
}

/* What was suspended goes back whatever happened; after a failure that failure stays the error. */
static mig_status
put_back(migration *m, mig_status st, mig_error *err)
{
    mig_error  later = MIG_ERROR_INIT;
    mig_status restored;
    int        signo = m->signo;

    if (m->target_state < MIG_TARGET_ERASED)
        return st;
    m->copied = st == MIG_OK;
    restored = phase(m, restore_target, &later);
    mig__report_warnings(&m->warnings);
    mig_buf_clear(&m->warnings);
    if (st == MIG_OK)
        mig_error_move(err, &later);
    else if (restored != MIG_OK)
        mig_log_error(&later);
    mig_error_fini(&later);
    if (signo != 0)
        m->signo = signo;
    return st != MIG_OK ? st : restored;
}

static mig_status
migrate(migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(look_and_ask(m, err));
    if (m->options->dry_run)
        goto done;
    mig_threads_block_signals();
    st = prepare(m, err);
    if (st == MIG_OK)
        st = copy_rows(m, err);
    st = put_back(m, st, err);
    if (st != MIG_OK)
        goto done;
    reach(m, MIG_TARGET_COPIED);
    mig_log_info("Verifying row counts\u2026");
    MIG_TRY(phase(m, compare_counts, err));
    MIG_TRY(phase(m, finish, err));
    mig__report_warnings(&m->warnings);
done:
    return st;
}

static void
close_all(migration *m)
{
    mig_copy_free(m->copy);
    mig_plan_free(m->plan);
    mig__schema_choice_fini(&m->choice);
    free(m->standing);
    mig_catalog_free(m->target_catalog);
    mig_catalog_free(m->source_catalog);
    mig_sink_close(m->sink);
    mig_source_close(m->source);
    mig_master_key_free(m->key);
    mig__rules_close(&m->rules);
    mig_buf_fini(&m->warnings);
    mig_buf_fini(&m->notes);
    mig__url_fini(&m->target_url);
    mig__url_fini(&m->source_url);
}

mig_status
mig__command_run(const mig_options *options, int *signop, mig_error *err)
{
    migration  m = {.options = options,
                    .started_at = mig_clock_now(),
                    .notes = MIG_BUF_INIT,
                    .warnings = MIG_BUF_INIT};
    mig_status st = MIG_OK;

    *signop = 0;
    choose_threads(&m);
    m.source_url = m.target_url = (mig_url)MIG_URL_INIT;
    st = mig__url_parse("--source-db", options->source_db, &m.source_url, err);
    if (st == MIG_OK)
        st = mig__url_parse("--target-db", options->target_db, &m.target_url, err);
    mig__url_wipe_argument(options->source_db);
    mig__url_wipe_argument(options->target_db);
    if (st == MIG_OK)
        st = mig__databases_compiled_in(&m.source_url, "--source-db", err);
    if (st == MIG_OK)
        st = mig__databases_compiled_in(&m.target_url, "--target-db", err);
    if (st == MIG_OK)
        st = mig__rules_open(options, &m.rules, err);
    if (st == MIG_OK)
        st = migrate(&m, err);
    if (st == MIG_OK && !options->dry_run)
        mig__report_summary(m.copy, mig_clock_seconds_since(m.started_at), options->quiet);
    *signop = m.signo;
    if (st != MIG_OK && st != MIG_E_USAGE) {
        mig_log_error(err);
        mig__report_target(m.target_state, m.copy, m.choice.n_steps > 0);
        mig_error_fini(err);
    }
    close_all(&m);
    return st;
}
