/*
 * resuming.c - a run that goes on where one before it has ended early.
 *
 * What was copied stands in the journal (journal.h).  This run may add to it
 * only if it makes the same of the same rows: so the plan, as a text, has to be
 * that of the run before.  Whether the rows are the same is for the readers to
 * find out.
 */
#include "resuming.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mig/log.h"
#include "rejecting.h"

/* ---- what this run is ---------------------------------------------------------------------- */

/* The source, whatever path led to it. */
static char *
name_source(const mig_migration *m)
{
    char *path = NULL;

    if (m->source_url.kind == MIG_URL_SQLITE)
        path = realpath(m->source_url.path, NULL);
    return path != NULL ? path : strdup(m->source_url.display);
}

static void
fingerprint(const mig_migration *m, mig_buf *out)
{
    mig_buf how = MIG_BUF_INIT;

    mig_buf_printf(&how, "version %s\nschema %s\nzone %s\n", MIG_VERSION,
                   mig__migration_mirrors(m) ? "mirrored" : "standing",
                   m->options->timezone != NULL ? m->options->timezone : "UTC");
    mig_plan_fingerprint(m->plan, mig_buf_text(&how), out);
    out->failed = out->failed || how.failed;
    mig_buf_fini(&how);
}

mig_status
mig__resuming_keep(void *arg, mig_error *err)
{
    mig_migration   *m = arg;
    mig_status       st = MIG_OK;
    mig_buf          plan = MIG_BUF_INIT;
    const char      *why_not = NULL;
    char            *source = name_source(m);
    mig_journal_note note = {.source = source};

    if (source == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the source's name");
        goto done;
    }
    fingerprint(m, &plan);
    MIG_TRY(mig_buf_check(&plan, err));
    note.plan = mig_buf_text(&plan);
    MIG_TRY(m->sink->ops->journal_keep(m->sink, &note, &why_not, err));
    m->journalled = why_not == NULL;
    if (why_not != NULL && !m->sink->all_or_nothing)
        mig_log_info("No journal is kept, so that this run cannot be resumed if it is stopped: %s",
                     why_not);
done:
    free(source);
    mig_buf_fini(&plan);
    return st;
}

/* ---- is it the same ------------------------------------------------------------------------ */

/* The first line in which two texts differ, of the first one; `len` bytes of it. */
static const char *
differing_line(const char *one, const char *other, size_t *lenp)
{
    const char *line = one;

    while (*one != '\0' && *one == *other) {
        if (*one == '\n')
            line = one + 1;
        one++;
        other++;
    }
    *lenp = strcspn(line, "\n");
    return line;
}

static mig_status
check_plan(const mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    plan = MIG_BUF_INIT;
    size_t     then_len, now_len;

    fingerprint(m, &plan);
    MIG_TRY(mig_buf_check(&plan, err));
    if (strcmp(mig_buf_text(&plan), m->journal->plan) != 0) {
        const char *then = differing_line(m->journal->plan, mig_buf_text(&plan), &then_len);
        const char *now = differing_line(mig_buf_text(&plan), m->journal->plan, &now_len);

        st = mig_raise(err, MIG_E_REFUSED,
                       "this run would not do the same as the one that is to be gone on with");
        mig_error_detail(err, "then: %.*s", (int)then_len, then);
        mig_error_detail(err, "now: %.*s", (int)now_len, now);
        mig_error_hint(err, "give the options that it was given; --force copies everything again; "
                            "the target was not touched");
    }
done:
    mig_buf_fini(&plan);
    return st;
}

static mig_status
check_source(const mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *source = name_source(m);

    if (source == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the source's name");
    if (strcmp(source, m->journal->source) == 0)
        goto done;
    if (m->options->trust_source) {
        st = mig_raise(err, MIG_E_REFUSED, "the source is another one than before: %s",
                       m->journal->source);
        mig_error_hint(err, "without --trust-source its rows are compared with those that were "
                            "copied; the target was not touched");
    } else {
        mig_log_warning("the source was %s before; its rows are compared with those that were "
                        "copied",
                        m->journal->source);
    }
done:
    free(source);
    return st;
}

static mig_status
refuse_without(const mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    found = MIG_BUF_INIT;

    MIG_TRY(m->sink->ops->left(m->sink, &found, err));
    st = mig_raise(err, MIG_E_REFUSED, "there is nothing to resume: the target has no journal");
    if (found.len > 0)
        mig_error_detail(err, "but things are suspended in it:\n%.*s", (int)(found.len - 1),
                         found.data);
    mig_error_hint(err, found.len > 0
                            ? "--restore-only puts them back, --force copies everything again"
                            : "run the command without --resume");
done:
    mig_buf_fini(&found);
    return st;
}

mig_status
mig__resuming_find(mig_migration *m, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(m->sink->ops->journal_find(m->sink, &m->journal, err));
    if (m->journal == NULL) {
        st = refuse_without(m, err);
        goto done;
    }
    if (m->plan == NULL) {
        st = mig_raise(err, MIG_E_REFUSED, "the target's schema is not the one that was filled");
        mig_error_hint(err, "--force brings it forward and copies everything again");
        goto done;
    }
    MIG_TRY(check_plan(m, err));
    MIG_TRY(check_source(m, err));
    mig_log_info("Going on with the run of %s: %" PRIu64 " rows are in the target",
                 m->journal->since, m->journal->n_rows);
done:
    return st;
}

mig_status
mig__resuming_take_up(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = MIG_OK;

    MIG_TRY(m->sink->ops->resume(m->sink, m->plan, m->mirroring.ddl, m->journal, err));
    /* What this process has copied came from the snapshot that it still has. */
    MIG_TRY(
        mig_copy_resume(m->copy, m->journal, m->options->trust_source || !m->options->resume, err));
    MIG_TRY(mig__rejecting_resume(m, err));
done:
    return st;
}

mig_status
mig__resuming_copied(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->journal_copied(m->sink, err);
}

/* ---- the command --------------------------------------------------------------------------- */

/* As a shell takes it. */
static void
add_word(mig_buf *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%";

    mig_buf_puts(out, out->len > 0 ? " " : "");
    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        mig_buf_puts(out, word);
        return;
    }
    mig_buf_puts(out, "'");
    for (; *word != '\0'; word++)
        mig_buf_printf(out, *word == '\'' ? "'\\''" : "%c", *word);
    mig_buf_puts(out, "'");
}

/* The word, with the URL that stands at `value` in it as it may be shown. */
static void
add_url(mig_buf *out, const char *word, const char *value, const mig_url *url)
{
    mig_buf     whole = MIG_BUF_INIT;
    const char *shown =
        strncmp(value, "env:", 4) == 0 || strncmp(value, "file:", 5) == 0 ? value : url->display;

    mig_buf_printf(&whole, "%.*s%s", (int)(value - word), word, shown);
    add_word(out, mig_buf_text(&whole));
    mig_buf_fini(&whole);
}

static bool
is_within(const char *value, const char *word)
{
    return value != NULL && value >= word && value <= word + strlen(word);
}

void
mig__resuming_command(const mig_migration *m, mig_buf *out)
{
    const mig_options *o = m->options;

    for (int i = 0; i < o->argc; i++) {
        const char *word = o->argv[i];

        if (is_within(o->source_db, word))
            add_url(out, word, o->source_db, &m->source_url);
        else if (is_within(o->target_db, word))
            add_url(out, word, o->target_db, &m->target_url);
        else if (strcmp(word, "--force") != 0 && strcmp(word, "--yes") != 0)
            add_word(out, word);
    }
    if (!o->resume)
        add_word(out, "--resume");
}
