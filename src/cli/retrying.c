/*
 * retrying.c - a lost target is connected to again, and its journal taken up.
 *
 * That is --resume without a new process: the sink takes up the journal, which
 * first waits for what the lost connections still have under way in the server,
 * so that it tells which chunks are there.  The source stays as it is, with its
 * snapshot; what this process has copied of it need not be read again.
 *
 * Tries are counted since the last progress.  Progress of the copy is a row more
 * in the target than ever before, so that a server which breaks down again and
 * again, and loses with each time what it had, does not keep the run for ever.
 *
 * Threads: the main thread; the taking up is a phase.
 */
#include "retrying.h"

#include <inttypes.h>
#include <string.h>

#include "mig/log.h"
#include "mig/threads.h"
#include "resuming.h"

#define FIRST_WAIT_MS   500
#define LONGEST_WAIT_MS 30000

bool
mig__retrying_wanted(const mig_migration *m)
{
    return m->journalled && m->options->n_retries > 0;
}

uint64_t
mig__retrying_rows(const mig_copy *copy)
{
    uint64_t n_rows = 0;

    for (size_t t = 0; t < copy->plan->n_tables; t++)
        n_rows += atomic_load(&copy->tables[t].n_committed);
    return n_rows;
}

mig_status
mig__retrying_begin(void *arg, mig_error *err)
{
    mig_migration *m = arg;
    mig_status     st = MIG_OK;

    if (m->journal == NULL)
        MIG_TRY(m->sink->ops->journal_find(m->sink, &m->journal, err));
    m->n_rows_best = mig__retrying_rows(m->copy);
done:
    return st;
}

/* Where nothing is copied there is no journal. */
static bool
may_go_on(const mig_migration *m)
{
    return m->options->n_retries > 0 && m->journal != NULL && m->signo == 0;
}

static unsigned
wait_before(unsigned n_tries)
{
    unsigned ms = FIRST_WAIT_MS;

    for (unsigned i = 1; i < n_tries && ms < LONGEST_WAIT_MS; i++)
        ms *= 2;
    return ms < LONGEST_WAIT_MS ? ms : LONGEST_WAIT_MS;
}

/* What was lost, in a line. */
static void
tell(const mig_migration *m, unsigned ms, const mig_error *err)
{
    const char *detail = err->detail != NULL ? err->detail : "";
    int         len = (int)strcspn(detail, "\n");
    const char *message = err->message != NULL ? err->message : mig_status_words(err->status);

    mig_log_warning("%s%s%.*s%s; connecting again in %g s (try %u of %d)", message,
                    len > 0 ? " (" : "", len, detail, len > 0 ? ")" : "", ms / 1000.0, m->n_tries,
                    m->options->n_retries);
}

/* *err tells what was lost; it is empty, or tells of a signal, when this comes back. */
static mig_status
wait_a_while(mig_migration *m, mig_error *err)
{
    unsigned ms = wait_before(m->n_tries);
    int      signo;

    tell(m, ms, err);
    mig_error_fini(err);
    if (mig_threads_pause(ms, &signo) != MIG_WAIT_SIGNAL)
        return MIG_OK;
    m->signo = signo;
    return mig_raise(err, MIG_E_STOPPED, "stopped by a signal");
}

/* What is lost stands in *err.  MIG_E_CONNECT: no more tries are left. */
static mig_status
connect_again(mig_migration *m, mig_phase_fn *take_up, mig_error *err)
{
    mig_status st = MIG_E_CONNECT;
    int        signo = 0;

    while (st == MIG_E_CONNECT) {
        if (m->n_tries == (unsigned)m->options->n_retries) {
            mig_error_detail(err, "%u %s to connect again %s no good", m->n_tries,
                             m->n_tries == 1 ? "try" : "tries", m->n_tries == 1 ? "was" : "were");
            return st;
        }
        m->n_tries++;
        MIG_TRY(wait_a_while(m, err));
        m->source->ops->calm(m->source);
        m->sink->ops->calm(m->sink);
        st = mig_phase_run(m->source, m->sink, take_up, m, &signo, err);
        if (signo != 0)
            m->signo = signo;
    }
done:
    return st;
}

bool
mig__retrying_again(mig_migration *m, mig_status *stp, mig_error *err)
{
    uint64_t n_rows = mig__retrying_rows(m->copy);

    if (*stp != MIG_E_CONNECT || !m->copy->lost || !may_go_on(m))
        return false;
    if (n_rows > m->n_rows_best)
        m->n_tries = 0;
    if (n_rows > m->n_rows_best)
        m->n_rows_best = n_rows;
    *stp = connect_again(m, mig__resuming_take_up, err);
    if (*stp != MIG_OK)
        return false;
    mig_log_info("Going on with the copy: %" PRIu64 " rows are in the target", m->journal->n_rows);
    return true;
}

/* What the copy has come to stays as it is. */
static mig_status
take_up_target(void *arg, mig_error *err)
{
    mig_migration *m = arg;

    return m->sink->ops->resume(m->sink, m->plan, m->mirroring.ddl, m->journal, err);
}

mig_status
mig__retrying_do(mig_migration *m, mig_retried_fn *fn, mig_error *err)
{
    mig_status st = MIG_OK;

    m->n_tries = 0;
    while ((st = fn(m, err)) == MIG_E_CONNECT && may_go_on(m)) {
        mig_buf_clear(&m->warnings); /* they come again */
        MIG_TRY(connect_again(m, take_up_target, err));
        if (!m->journal->copied) {
            st = mig_raise(err, MIG_E_DATABASE,
                           "the target has lost rows that it had said were committed");
            goto done;
        }
    }
done:
    return st;
}
