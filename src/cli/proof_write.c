/*
 * proof_write.c - the report as JSON, and into its file.
 */
#include "proof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mig/clock.h"

const char *
mig__proof_unit(unsigned unit)
{
    static const char *const words[] = {
        [MIG_UNIT_NONE] = "none", [MIG_UNIT_S] = "s",   [MIG_UNIT_MS] = "ms",
        [MIG_UNIT_US] = "us",     [MIG_UNIT_NS] = "ns", [MIG_UNIT_JULIAN] = "julian",
    };

    return unit < sizeof words / sizeof words[0] ? words[unit] : NULL;
}

const char *
mig__proof_store(unsigned store)
{
    static const char *const words[] = {
        [MIG_STORE_USUAL] = "usual",     [MIG_STORE_TEXT] = "text", [MIG_STORE_BLOB] = "blob",
        [MIG_STORE_INTEGER] = "integer", [MIG_STORE_REAL] = "real",
    };

    return store < sizeof words / sizeof words[0] ? words[store] : NULL;
}

/* ---- pieces ------------------------------------------------------------------------------- */

static void
add_text(mig_buf *out, const char *name, const char *text)
{
    mig_buf_printf(out, "\"%s\": ", name);
    if (text != NULL)
        mig_buf_json(out, text, strlen(text));
    else
        mig_buf_puts(out, "null");
}

/* Every line of the text as an element. */
static void
add_lines(mig_buf *out, const char *name, const char *text)
{
    bool any = false;

    mig_buf_printf(out, "\"%s\": [", name);
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "\n");

        mig_buf_puts(out, any ? ",\n    " : "\n    ");
        mig_buf_json(out, text, len);
        any = true;
        text += len + (text[len] == '\n');
    }
    mig_buf_puts(out, any ? "\n  ]" : "]");
}

static void
add_time(mig_buf *out, const char *name, const struct timespec *at)
{
    struct tm tm;

    gmtime_r(&at->tv_sec, &tm);
    mig_buf_printf(out, "\"%s\": \"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"", name, tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                   at->tv_nsec / 1000000);
}

/* ---- columns ------------------------------------------------------------------------------ */

static void
add_column_of(mig_buf *out, const char *side, const mig_column *column)
{
    mig_buf_printf(out, "\"%s\": {", side);
    add_text(out, "name", column->name);
    mig_buf_puts(out, ", ");
    add_text(out, "type", column->type);
    mig_buf_puts(out, ", ");
    add_text(out, "base", column->base);
    mig_buf_printf(out, ", \"key\": %d, \"not_null\": %s}", column->pk_position,
                   column->not_null ? "true" : "false");
}

static void
add_rules(mig_buf *out, unsigned rules)
{
    static const char *const words[] = {
#define RULE_WORD(name, word, meaning) word,
        MIG_RULE_MAP(RULE_WORD)
#undef RULE_WORD
    };
    bool any = false;

    mig_buf_puts(out, "\"rules\": [");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((rules & (1U << i)) == 0)
            continue;
        mig_buf_printf(out, "%s\"%s\"", any ? ", " : "", words[i]);
        any = true;
    }
    mig_buf_puts(out, "]");
}

static void
add_column(mig_buf *out, const mig_column_plan *column)
{
    mig_buf_puts(out, "        {");
    add_column_of(out, "source", column->source);
    mig_buf_puts(out, ",\n         ");
    add_column_of(out, "target", column->target);
    mig_buf_puts(out, ",\n         ");
    add_text(out, "wire", mig_wire_name(column->wire));
    mig_buf_puts(out, ", ");
    add_text(out, "read", mig_wire_name(column->read));
    mig_buf_printf(out, ", \"length\": %d, \"precision\": %d, \"scale\": %d, \"array\": %s, ",
                   column->limits.length, column->limits.precision, column->limits.scale,
                   column->array ? "true" : "false");
    add_rules(out, column->rules);
    mig_buf_puts(out, ", ");
    add_text(out, "unit", mig__proof_unit(column->unit));
    mig_buf_printf(out, ", \"zoned\": %s, \"money_digits\": %d, ",
                   column->zone != NULL ? "true" : "false", column->money_digits);
    add_text(out, "store", mig__proof_store(column->store));
    mig_buf_printf(out, ", \"compared\": %s}", mig_verify_compares(column) ? "true" : "false");
}

/* ---- tables ------------------------------------------------------------------------------- */

static void
add_compared(mig_buf *out, const mig_migration *m, const mig_table_copy *table)
{
    uint64_t    n_otherwise = atomic_load(&table->n_stored_otherwise);
    const char *how = "nothing", *why = "the run ended before";
    char        text[96];

    if (table->digested && n_otherwise == 0) {
        how = "content";
        why = NULL;
    } else if (table->counted && m->whole != NULL) {
        how = "pages";
        why = "the file was cloned as a whole";
    } else if (table->counted) {
        how = "counts";
        why = m->options->verify_content ? "the run ended before its rows were compared"
                                         : "--verify counts";
        if (n_otherwise > 0) {
            snprintf(text, sizeof text, "%" PRIu64 " of its values the target took in another form",
                     n_otherwise);
            why = text;
        }
    }
    add_text(out, "compared", how);
    mig_buf_puts(out, ", ");
    add_text(out, "why", why);
}

static void
add_left_out(mig_buf *out, const mig_table_plan *plan)
{
    bool any = false;

    mig_buf_puts(out, "\"left_out\": [");
    for (size_t i = 0; i < plan->n_columns; i++) {
        const char *name = plan->columns[i].target->name;

        if (mig_verify_compares(&plan->columns[i]))
            continue;
        mig_buf_puts(out, any ? ", " : "");
        mig_buf_json(out, name, strlen(name));
        any = true;
    }
    mig_buf_puts(out, "]");
}

static void
add_digest(mig_buf *out, const char *side, const mig_digest *digest)
{
    mig_buf_printf(out, "\"%s\": \"%016" PRIx64 "%016" PRIx64 "\"", side, digest->sum.high,
                   digest->sum.low);
}

static void
add_found(mig_buf *out, const mig_table_copy *table)
{
    uint64_t first = atomic_load(&table->first_at), last = atomic_load(&table->last_at);

    mig_buf_printf(out, "\"rows\": {\"source\": %" PRIu64 ", \"target\": ", table->n_rows);
    if (table->counted)
        mig_buf_printf(out, "%" PRIu64 "},\n", table->n_target);
    else
        mig_buf_puts(out, "null},\n");
    if (atomic_load(&table->n_aside) > 0)
        mig_buf_printf(out, "      \"set_aside\": %" PRIu64 ",\n", atomic_load(&table->n_aside));
    mig_buf_puts(out, "      \"digest\": ");
    if (table->digested) {
        mig_buf_puts(out, "{");
        add_digest(out, "source", &table->digest);
        mig_buf_puts(out, ", ");
        add_digest(out, "target", &table->digest_back);
        mig_buf_puts(out, "},\n");
    } else {
        mig_buf_puts(out, "null,\n");
    }
    mig_buf_printf(out, "      \"seconds\": {\"copy\": %.3f, \"compare\": %.3f},\n",
                   last > first ? (double)(last - first) / 1e9 : 0, table->seconds_compare);
}

static void
add_table(mig_buf *out, const mig_migration *m, size_t t)
{
    static const mig_table_copy none;
    const mig_table_plan       *plan = &m->plan->tables[t];
    const mig_table_copy       *table = m->copy != NULL ? &m->copy->tables[t] : &none;

    mig_buf_puts(out, t > 0 ? ",\n    {" : "\n    {");
    add_text(out, "source", plan->source->name);
    mig_buf_puts(out, ", ");
    add_text(out, "target", plan->target->name);
    mig_buf_puts(out, ",\n      ");
    add_compared(out, m, table);
    mig_buf_puts(out, ", ");
    add_left_out(out, plan);
    mig_buf_puts(out, ",\n      ");
    add_found(out, table);
    mig_buf_puts(out, "      \"columns\": [");
    for (size_t i = 0; i < plan->n_columns; i++) {
        mig_buf_puts(out, i > 0 ? ",\n" : "\n");
        add_column(out, &plan->columns[i]);
    }
    mig_buf_puts(out, plan->n_columns > 0 ? "\n      ]}" : "]}");
}

/* ---- the whole ---------------------------------------------------------------------------- */

static const char *
result_words(mig_status outcome)
{
    switch (outcome) {
    case MIG_OK:
        return "equal";
    case MIG_E_DIFFERS:
        return "different";
    case MIG_E_REFUSED:
        return "refused";
    case MIG_E_STOPPED:
        return "stopped";
    case MIG_E_USAGE:
    case MIG_E_NOMEM:
    case MIG_E_IO:
    case MIG_E_CONNECT:
    case MIG_E_DATABASE:
    case MIG_E_DATA:
    case MIG_E_SCHEMA:
    case MIG_E_UNSUPPORTED:
    case MIG_E_KEY:
    case MIG_E_RIGHTS:
    case MIG_E_CHANGED:
    case MIG_E_INTERNAL:
        break;
    }
    return "failed";
}

static void
add_database(mig_buf *out, const char *side, const mig_url *url, const mig_catalog *catalog)
{
    mig_buf_printf(out, "  \"%s\": {", side);
    add_text(out, "url", url->display);
    mig_buf_puts(out, ", ");
    add_text(out, "kind", url->kind == MIG_URL_SQLITE ? "SQLite" : "PostgreSQL");
    mig_buf_puts(out, ", ");
    add_text(out, "schema", catalog != NULL ? catalog->schema : NULL);
    mig_buf_puts(out, "},\n");
}

/* Of all steps that a copy has, also those it did not come to. */
static void
add_steps(mig_buf *out, const mig_migration *m)
{
    static const char *const names[MIG_N_RUN_STEPS] = {
        [MIG_RUN_LOOK] = "look",       [MIG_RUN_PREPARE] = "prepare", [MIG_RUN_COPY] = "copy",
        [MIG_RUN_REBUILD] = "rebuild", [MIG_RUN_VERIFY] = "verify",   [MIG_RUN_FINISH] = "finish",
    };

    for (size_t i = 0; i < MIG_N_RUN_STEPS; i++)
        mig_buf_printf(out, "%s\"%s\": %.3f", i == 0 ? "\"steps\": {" : ", ", names[i],
                       m->step_seconds[i]);
    mig_buf_puts(out, "},\n  ");
}

static void
put_together(const mig_migration *m, mig_status outcome, const mig_error *cause, mig_buf *out)
{
    struct timespec now;
    bool            differs = outcome == MIG_E_DIFFERS;

    clock_gettime(CLOCK_REALTIME, &now);
    mig_buf_puts(out, "{\n  \"format\": \"" MIG__PROOF_FORMAT "\",\n  ");
    add_text(out, "version", MIG_VERSION);
    mig_buf_printf(out, ",\n  \"run\": \"%s\",\n",
                   m->options->verify_only ? "verify-only" : "copy");
    add_database(out, "source", &m->source_url, m->source_catalog);
    /* Until the exchange the tables are read in another schema. */
    add_database(out, "target", &m->target_url,
                 mig__migration_mirrors(m) ? m->mirroring.mirror->catalog : m->target_catalog);
    mig_buf_puts(out, "  ");
    add_text(out, "timezone", m->options->timezone);
    mig_buf_puts(out, ",\n  ");
    add_time(out, "started", &m->started_wall);
    mig_buf_puts(out, ",\n  ");
    add_time(out, "ended", &now);
    mig_buf_printf(out, ",\n  \"seconds\": %.3f,\n  ", mig_clock_seconds_since(m->started_at));
    if (!m->options->verify_only)
        add_steps(out, m);
    add_text(out, "result", result_words(outcome));
    mig_buf_printf(out, ",\n  \"exit_status\": %d,\n  ",
                   mig__report_exit_status(outcome, m->signo));
    add_text(out, "error", outcome != MIG_OK ? cause->message : NULL);
    mig_buf_puts(out, ",\n  ");
    add_text(out, "detail", outcome != MIG_OK && !differs ? cause->detail : NULL);
    mig_buf_puts(out, ",\n  ");
    add_lines(out, "differences", differs ? cause->detail : NULL);
    mig_buf_puts(out, ",\n  \"tables\": [");
    for (size_t t = 0; m->plan != NULL && t < m->plan->n_tables; t++)
        add_table(out, m, t);
    mig_buf_puts(out, m->plan != NULL && m->plan->n_tables > 0 ? "\n  ]\n}\n" : "]\n}\n");
}

/* ---- the file ----------------------------------------------------------------------------- */

static mig_status
cannot_write(const char *path, int reason, mig_error *err)
{
    mig_raise(err, MIG_E_IO, "cannot write the report %s", path);
    mig_error_detail(err, "%s", strerror(reason));
    return MIG_E_IO;
}

/* A file beside the one that will be: its name in *namep is the caller's to free. */
static int
open_beside(const char *path, char **namep)
{
    mig_buf name = MIG_BUF_INIT;
    int     fd = -1;

    mig_buf_printf(&name, "%s.XXXXXX", path);
    *namep = NULL;
    if (!name.failed && (*namep = strdup(mig_buf_text(&name))) != NULL)
        fd = mkstemp(*namep);
    mig_buf_fini(&name);
    return fd;
}

mig_status
mig__proof_try(const char *path, mig_error *err)
{
    mig_status  st = MIG_OK;
    char       *name;
    struct stat there;
    int         fd;

    if (strcmp(path, "-") == 0)
        return MIG_OK;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        st = mig_raise(err, MIG_E_IO, "cannot write the report %s: it is no file", path);
        return st;
    }
    fd = open_beside(path, &name);
    if (fd < 0)
        st = cannot_write(path, errno, err);
    else
        unlink(name);
    if (fd >= 0)
        close(fd);
    free(name);
    return st;
}

static bool
write_all(int fd, const mig_buf *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);

        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0;
}

static mig_status
replace(const char *path, const mig_buf *text, mig_error *err)
{
    mig_status st = MIG_OK;
    char      *name;
    int        fd = open_beside(path, &name);
    bool       written = fd >= 0 && write_all(fd, text);
    int        reason = errno;

    if (fd >= 0 && close(fd) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written && rename(name, path) != 0) {
        written = false;
        reason = errno;
    }
    if (!written) {
        if (fd >= 0)
            unlink(name);
        st = cannot_write(path, reason, err);
    }
    free(name);
    return st;
}

mig_status
mig__proof_write(const mig_migration *m, mig_status outcome, const mig_error *cause, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    text = MIG_BUF_INIT;

    put_together(m, outcome, cause, &text);
    MIG_TRY(mig_buf_check(&text, err));
    if (strcmp(m->options->report, "-") != 0)
        MIG_TRY(replace(m->options->report, &text, err));
    else if (fputs(mig_buf_text(&text), stdout) < 0 || fflush(stdout) != 0)
        st = mig_raise(err, MIG_E_IO, "cannot write the report to standard output");
done:
    mig_buf_fini(&text);
    return st;
}
