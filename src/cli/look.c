/*
 * look.c - all that is done before the question, which changes nothing.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clone.h"
#include "databases.h"
#include "dry_run.h"
#include "keycheck.h"
#include "mig/log.h"
#include "mig/match.h"
#include "mig/postgres.h"
#include "mig/uptrakit.h"
#include "migration.h"
#include "mirror_report.h"
#include "prompt.h"
#include "rejecting.h"
#include "restore_only.h"
#include "resuming.h"
#include "rules.h"
#include "safety.h"
#include "sync_run.h"
#include "versions.h"

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

/* A source that is itself the target of a run that died is not worth a copy. */
static mig_status
check_finished(const mig_migration *m, mig_error *err)
{
    if (mig_catalog_find(m->source_catalog, MIG_UNFINISHED_TABLE) == NULL)
        return MIG_OK;
    mig_raise(err, MIG_E_REFUSED, "the source is not finished");
    mig_error_detail(err, "a run that mirrored another database into it has ended before its end; "
                          "its table " MIG_UNFINISHED_TABLE " lists what may lack rows and keys");
    mig_error_hint(err, "run that again, with --force; if you have finished it yourself, "
                        "drop " MIG_UNFINISHED_TABLE);
    return MIG_E_REFUSED;
}

/* --check-source */
static mig_status
check_source(mig_migration *m, mig_error *err)
{
    mig_buf    found = MIG_BUF_INIT;
    mig_status st;

    mig_log_info("Checking the source\u2026");
    st = m->source->ops->check(m->source, m->source_catalog, &found, err);
    mig__report_warnings(&found);
    mig_buf_fini(&found);
    return st;
}

static mig_status
open_source(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    mig_log_info("Connecting to source:  %s", m->source_url.display);
    MIG_TRY(
        mig__databases_open_source(&m->source_url, &m->options->source_schemas, &m->source, err));
    MIG_TRY(m->source->ops->snapshot(m->source, m->copying.n_readers > 0 ? m->copying.n_readers : 1,
                                     err));
    MIG_TRY(m->source->ops->catalog(m->source, &m->source_catalog, err));
    MIG_TRY(check_finished(m, err));
    if (m->options->check_source)
        MIG_TRY(check_source(m, err));
    m->is_uptrakit = mig_uptrakit_recognised(m->source_catalog);
    if (m->is_uptrakit)
        mig__rules_of_uptrakit(&m->rules);
    MIG_TRY(mig_plan_check_patterns(&m->rules, m->source_catalog, err));
done:
    return st;
}

static mig_status
check_key(mig_migration *m, mig_error *err)
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

mig_status
mig__look_plan(mig_migration *m, mig_error *err)
{
    mig_status st;

    mig_buf_clear(&m->notes);
    if (m->whole != NULL)
        return mig_plan_of_whole(m->source_catalog, &m->rules, &m->plan, err);
    if (mig__migration_mirrors(m))
        return mig_plan_make(m->source_catalog, m->mirroring.mirror->catalog, &m->mirroring.rules,
                             &m->plan, &m->notes, err);
    st = mig_plan_make(m->source_catalog, m->target_catalog, &m->rules, &m->plan, &m->notes, err);
    if (st == MIG_E_SCHEMA && !m->is_uptrakit && err->detail != NULL)
        mig_error_hint(err, "nothing was changed; bring the target's schema to that of the source, "
                            "name what may be left out (--allow-missing TABLE[.COLUMN]), or have "
                            "the source's tables made anew in the target, where they replace those "
                            "of the same names (--schema mirror)");
    return st;
}

/*
 * The tables of the target that will be erased: those of the plan, or, while the plan knows nothing
 * of the target, those that already stand of what will be copied.
 */
static mig_status
find_standing(mig_migration *m, mig_error *err)
{
    bool planned = m->plan != NULL && m->whole == NULL;

    if (mig__migration_mirrors(m))
        return mig__mirroring_standing(&m->mirroring, m->target_catalog, &m->standing,
                                       &m->n_standing, err);
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
may_be_whole(const mig_migration *m)
{
    return (m->is_uptrakit || m->options->schema != MIG_SCHEMA_UPTRAKIT) &&
           m->options->include.n == 0 && m->options->exclude.n == 0 && m->rules.n_casts == 0 &&
           m->options->renames.n == 0 && !m->options->fold_case && m->options->emit_schema == NULL;
}

/* With --schema auto it shows only now that there is no mirrored schema to say something of. */
static mig_status
check_mirrored(const mig_migration *m, mig_error *err)
{
    const mig_options *o = m->options;
    const char        *idle = o->emit_schema != NULL ? "--emit-schema"
                              : o->renames.n > 0     ? "--rename"
                              : o->fold_case         ? "--fold-case"
                              : o->strict            ? "--strict"
                              : o->infer_declared    ? "--infer"
                                                     : NULL;

    if (idle == NULL || m->choice.mode == MIG_SCHEMA_MIRROR)
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE, "%s is about a schema that is mirrored, which this one is not: %s",
              idle, m->choice.why);
    mig_error_hint(err, "with --schema mirror it is, whatever the target has; nothing was changed");
    return MIG_E_USAGE;
}

static mig_status
mirror(mig_migration *m, mig_error *err)
{
    const mig_mirroring_sides sides = {
        .options = m->options,
        .target_url = &m->target_url,
        .source = m->source,
        .source_catalog = m->source_catalog,
        .sink = m->sink,
        .target_catalog = m->target_catalog,
        .rules = &m->rules,
        .n_readers = m->copying.n_readers,
    };
    mig_status st = MIG_OK;

    m->rules.not_copied = NULL; /* nothing of the target's own takes its place */
    mig_log_info("Schema of the target: mirrored from the source (%s)", m->choice.why);
    MIG_TRY(mig__mirroring_make(&m->mirroring, &sides, err));
    if (m->options->emit_schema != NULL)
        MIG_TRY(
            mig__mirror_report_emit(&m->mirroring, m->options->emit_schema, &m->source_url, err));
    if (!m->options->dry_run)
        mig__mirror_report_tell(m->mirroring.mirror);
done:
    return st;
}

static mig_status
check_versions(mig_migration *m, mig_error *err)
{
    mig_versions both = {
        .source = m->source,
        .source_catalog = m->source_catalog,
        .sink = m->sink,
        .target_catalog = m->target_catalog,
        .rules = &m->rules,
        .allow_mismatch = m->options->allow_version_mismatch,
        .empty = calloc(m->target_catalog->n_tables + 1, sizeof *both.empty),
        .n_emptyp = &m->rules.n_unkept,
    };

    if (both.empty == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot list the records of migrations");
    m->rules.unkept = both.empty;
    return mig__versions_check(&both, err);
}

static mig_status
choose_schema(mig_migration *m, mig_error *err)
{
    const mig_schema_question question = {
        m->options->schema, m->source, m->source_catalog, m->sink, m->target_catalog, &m->rules,
    };
    mig_status st = MIG_OK;

    if (may_be_whole(m))
        MIG_TRY(mig__clone_choose(m->options->schema, m->source, m->sink, &m->whole, err));
    if (m->whole != NULL)
        goto done;
    MIG_TRY(mig__schema_choose(&question, &m->choice, err));
    MIG_TRY(check_mirrored(m, err));
    if (m->choice.mode == MIG_SCHEMA_EXISTING)
        MIG_TRY(check_versions(m, err));
    if (m->choice.mode == MIG_SCHEMA_MIRROR)
        MIG_TRY(mirror(m, err));
done:
    return st;
}

static mig_status
open_target(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    mig_log_info("Connecting to target:  %s", m->target_url.display);
    MIG_TRY(mig__databases_open_sink(&m->target_url, m->options->target_schema, &m->sink, err));
    if (m->options->atomic)
        mig__databases_make_atomic(&m->target_url, m->sink);
    m->rules.order_free = m->sink->ops->order_free;
    m->rules.key_order = m->sink->ops->key_order;
    MIG_TRY(m->sink->ops->catalog(m->sink, &m->target_catalog, err));
    MIG_TRY(choose_schema(m, err));
    mig__databases_tell_beside(&m->source_url, m->source, mig__migration_mirrors(m));
    /* With nothing to run the target's schema is final: misfits show before the question. */
    if (m->choice.n_steps == 0) {
        MIG_TRY(mig__look_plan(m, err));
        mig__report_warnings(&m->plan->warnings);
    }
    MIG_TRY(find_standing(m, err));
done:
    return st;
}

static mig_status
print_plan(mig_migration *m, mig_error *err)
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
        .mirror = m->mirroring.mirror,
        .keeps_keys = mig__rejecting_keeps_keys(m),
    };

    return mig__dry_run_print(&run, err);
}

static mig_status
check_target(mig_migration *m, mig_error *err)
{
    mig_sink_need need = {
        .create_tables = m->choice.n_steps > 0,
        .tables = m->standing,
        .n_tables = mig__migration_mirrors(m) ? 0 : m->n_standing, /* they go with the old schema */
        .plan = m->plan,
        .ddl = m->mirroring.ddl,
        .n_connections = m->options->atomic           ? 0
                         : m->options->verify_content ? 2
                                                      : 1,
    };
    mig_status st = MIG_OK;

    if (m->options->resume)
        return mig__resuming_find(m, err);
    MIG_TRY(mig__restore_only_check(m, err));
    if (!m->options->force)
        MIG_TRY(mig__safety_check_empty(m->sink, m->standing, m->n_standing, m->is_uptrakit, err));
    if (!m->options->force && m->whole != NULL)
        MIG_TRY(mig__clone_check_empty(m->sink, err));
    MIG_TRY(m->sink->ops->check(m->sink, &need, err));
done:
    return st;
}

static mig_status
check_resumable(const mig_migration *m, mig_error *err)
{
    if (!m->options->resume || m->target_url.kind != MIG_URL_SQLITE)
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE, "--resume: a SQLite target has no journal");
    mig_error_hint(err,
                   "it is built in a file of its own, and of a run that was stopped nothing is "
                   "left; run the command without --resume");
    return MIG_E_USAGE;
}

/* As many writers as the target has connections for, and readers beside them. */
static void
bound_threads(mig_migration *m)
{
    unsigned most = m->sink->ops->max_writers(m->sink);

    if (m->target_url.kind == MIG_URL_SQLITE || m->copying.n_writers <= most)
        return;
    if (m->options->n_writers > 0)
        mig_log_warning("%u writer%s in place of %u: the target has no more connections left", most,
                        most == 1 ? "" : "s", m->copying.n_writers);
    m->copying.n_writers = most;
    if (m->options->n_readers < 0)
        m->copying.n_readers = most;
}

/* All that comes before the target is opened. */
static mig_status
open_first(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    end_at_signals();
    MIG_TRY(check_resumable(m, err));
    MIG_TRY(mig__databases_check_schema(&m->source_url, "--source-schema",
                                        m->options->source_schemas.n > 0, err));
    MIG_TRY(mig__databases_check_schema(&m->target_url, "--target-schema",
                                        m->options->target_schema != NULL, err));
    MIG_TRY(mig_master_key_load(m->options->master_key_file, &m->key, err));
    if (m->key != NULL && mig_master_key_warning(m->key) != NULL)
        mig_log_warning("%s", mig_master_key_warning(m->key));
    MIG_TRY(mig__databases_check(&m->source_url, &m->target_url, err));
    MIG_TRY(open_source(m, err));
    MIG_TRY(check_key(m, err));
done:
    return st;
}

mig_status
mig__look_and_ask(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(open_first(m, err));
    MIG_TRY(open_target(m, err));
    bound_threads(m);
    if (m->options->dry_run)
        MIG_TRY(print_plan(m, err));
    else if (m->options->emit_schema != NULL)
        goto done;
    MIG_TRY(check_target(m, err));
    if (!m->options->yes && !m->options->dry_run && !m->options->resume)
        MIG_TRY(mig__prompt_erase(m->source_url.display, m->target_url.display, err));
done:
    return st;
}

mig_status
mig__look_at_both(mig_migration *m, mig_error *err)
{
    mig_status   st = MIG_OK;
    const char  *schema = m->options->target_schema;
    mig_patterns schemas = {.texts = &schema, .n = schema != NULL ? 1 : 0};

    end_at_signals();
    MIG_TRY(mig__databases_check_schema(&m->source_url, "--source-schema",
                                        m->options->source_schemas.n > 0, err));
    MIG_TRY(mig__databases_check_schema(&m->target_url, "--target-schema", schema != NULL, err));
    MIG_TRY(mig__databases_check_parameters(&m->source_url, &m->target_url, err));
    MIG_TRY(open_source(m, err));
    mig_log_info("Connecting to target:  %s", m->target_url.display);
    MIG_TRY(mig__databases_open_source(&m->target_url, &schemas, &m->back, err));
    MIG_TRY(m->back->ops->snapshot(m->back, m->copying.n_writers, err));
    MIG_TRY(m->back->ops->catalog(m->back, &m->target_catalog, err));
    m->rules.comparing = m->rules.order_free = true;
    MIG_TRY(mig__look_plan(m, err));
    mig__report_warnings(&m->plan->warnings);
    if (m->notes.len > 0)
        mig_log_info("%.*s", (int)(m->notes.len - 1), m->notes.data);
done:
    return st;
}

mig_status
mig__look_to_sync(mig_migration *m, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_sink_need need = {.in_place = true, .n_connections = 2};

    MIG_TRY(open_first(m, err));
    mig_log_info("Connecting to target:  %s", m->target_url.display);
    MIG_TRY(mig__databases_open_sink(&m->target_url, m->options->target_schema, &m->sink, err));
    bound_threads(m);
    m->rules.order_free = m->sink->ops->order_free;
    MIG_TRY(m->sink->ops->catalog(m->sink, &m->target_catalog, err));
    m->rules.in_place = true;
    MIG_TRY(mig__sync_check_finished(m, err));
    MIG_TRY(check_versions(m, err));
    MIG_TRY(mig__look_plan(m, err));
    mig__report_warnings(&m->plan->warnings);
    if (m->notes.len > 0)
        mig_log_info("%.*s", (int)(m->notes.len - 1), m->notes.data);
    MIG_TRY(find_standing(m, err));
    MIG_TRY(mig__restore_only_check(m, err));
    need.tables = m->standing;
    need.n_tables = m->n_standing;
    need.plan = m->plan;
    MIG_TRY(m->sink->ops->check(m->sink, &need, err));
    if (!m->options->yes && !m->options->dry_run)
        MIG_TRY(mig__prompt_change(m->source_url.display, m->target_url.display, err));
done:
    return st;
}
