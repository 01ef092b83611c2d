/*
 * stress_copy.c - many small copies with everything at random: tables, their
 * foreign keys, outsize rows, readers, writers, sizes of batches and chunks,
 * and what fails.
 *
 * The fakes watch their contracts, and the engine asserts that all batches are
 * home.  Here is added what the result must be: complete, or the one error
 * that was injected.
 *
 *     stress_copy [seed]
 *
 * Every round has a seed of its own, which is printed when the round is wrong:
 * given as the argument, it is that of the first round of each part.
 */
#include <inttypes.h>
#include <string.h>

#include "fake_run.h"
#include "mig/threads.h"
#include "tap.h"

#define SEED       UINT64_C(20260718)
#define MAX_ROUNDS 100000
#define MAX_TABLES 5
#define MAX_ROWS   300
/* Beyond this many calls of a database most rounds have ended. */
#define MAX_NTH 120

static const char *const names[MAX_TABLES] = {"t0", "t1", "t2", "t3", "t4"};

static uint64_t
below(uint64_t *random, uint64_t n)
{
    return (tap_random(random) >> 16) % n;
}

static bool
one_in(uint64_t *random, uint64_t n)
{
    return below(random, n) == 0;
}

/* Parents are tables before it, so there is no cycle; perhaps also itself. */
static void
choose_parents(fake_table *table, size_t number, uint64_t *random)
{
    size_t n = 0;

    for (size_t i = 0; i < number && n + 1 < FAKE_MAX_PARENTS; i++)
        if (one_in(random, 3))
            table->parents[n++] = names[i];
    if (one_in(random, 4))
        table->parents[n] = names[number];
}

static size_t
choose_tables(fake_table *tables, uint64_t *random)
{
    size_t n = 1 + below(random, MAX_TABLES);

    for (size_t i = 0; i < n; i++) {
        fake_table *table = &tables[i];

        *table = (fake_table){.name = names[i]};
        table->n_rows = one_in(random, 5) ? 0 : below(random, MAX_ROWS);
        table->payload = below(random, 60);
        table->segment_rows = one_in(random, 2) ? 1 + below(random, 100) : 0;
        if (one_in(random, 3)) {
            table->big_from = below(random, MAX_ROWS);
            table->big_to = table->big_from + below(random, 10);
            table->big_payload = below(random, 3000);
        }
        choose_parents(table, i, random);
    }
    return n;
}

static mig_copy_options
choose_options(uint64_t *random)
{
    return (mig_copy_options){
        .n_readers = (unsigned)below(random, 5),
        .n_writers = 1 + (unsigned)below(random, 4),
        .batch_rows = 1 + (uint32_t)below(random, 20),
        .batch_bytes = 1 + below(random, 1024),
        .chunk_bytes = 1 + below(random, 8192),
    };
}

/* What a round does before it runs, and whether what came of it is right. */
typedef struct part {
    const char *what;
    void (*change)(fake_run *run, fake_table *tables, uint64_t *random);
    bool (*right)(fake_run *run, mig_status st);
} part;

static void
run_round(const part *p, uint64_t seed, bool *goodp)
{
    static fake_run run;
    fake_table      tables[MAX_TABLES];
    uint64_t        random = seed;
    size_t          n_tables = choose_tables(tables, &random);
    const char     *complaint;
    mig_status      st;

    tap_need(fake_run_init(&run, tables, n_tables), "no memory, or no plan");
    run.options = choose_options(&random);
    if (one_in(&random, 5))
        run.sink.max_writers = 1;
    p->change(&run, tables, &random);
    st = fake_run_copy(&run);
    complaint = fake_run_complaint(&run);
    if (complaint != NULL || !p->right(&run, st)) {
        printf("# seed %" PRIu64 ": %s, %s (%s)\n", seed, complaint != NULL ? complaint : "result",
               mig_status_words(st), run.err.message != NULL ? run.err.message : "");
        *goodp = false;
    }
    fake_run_fini(&run);
}

static void
run_part(const part *p, uint64_t seed)
{
    uint64_t begun = mig_clock_now();
    uint64_t n_rounds = 0;
    bool     good = true;

    while (good && n_rounds < MAX_ROUNDS && !tap_time_is_over(begun)) {
        run_round(p, seed, &good);
        tap_random(&seed);
        n_rounds++;
    }
    tap_ok(good, p->what, n_rounds);
}

static bool
is_complete(fake_run *run, mig_status st)
{
    return st == MIG_OK && fake_sink_complete(&run->sink);
}

/* ---- the parts --------------------------------------------------------------------------- */

static void
change_nothing(fake_run *run, fake_table *tables, uint64_t *random)
{
    (void)run;
    (void)tables;
    (void)random;
}

static void
inject_fault(fake_run *run, fake_table *tables, uint64_t *random)
{
    (void)tables;
    run->fault.nth = 1 + below(random, MAX_NTH);
    run->fault.status = MIG_E_IO;
}

static bool
fault_is_told(fake_run *run, mig_status st)
{
    if (!atomic_load(&run->fault.fired))
        return is_complete(run, st);
    return st == MIG_E_IO &&
           strncmp(run->err.message, FAKE_FAULT_MESSAGE, strlen(FAKE_FAULT_MESSAGE)) == 0;
}

/* As if somebody had cancelled the run: no error of its own. */
static void
inject_stop(fake_run *run, fake_table *tables, uint64_t *random)
{
    static const fake_call calls[] = {FAKE_CALL_CURSOR_FILL, FAKE_CALL_CHUNK_WRITE,
                                      FAKE_CALL_CHUNK_COMMIT};

    (void)tables;
    run->fault.call = calls[below(random, 3)];
    run->fault.nth = 1 + below(random, MAX_NTH / 4);
    run->fault.status = MIG_E_STOPPED;
}

static bool
stop_is_told(fake_run *run, mig_status st)
{
    if (!atomic_load(&run->fault.fired))
        return is_complete(run, st);
    return st == MIG_E_STOPPED && run->copy->signo == 0;
}

/* One row of each of several tables, so that refusals race. */
static void
refuse_rows(fake_run *run, fake_table *tables, uint64_t *random)
{
    for (size_t i = 0; i < run->data.n_tables; i++) {
        if (tables[i].n_rows == 0 || one_in(random, 4))
            continue;
        tables[i].refused_row = 1 + below(random, tables[i].n_rows);
        tables[i].refused_at_commit = one_in(random, 2);
    }
}

static bool
refusal_is_told(fake_run *run, mig_status st)
{
    char     expected[100];
    uint64_t row;
    unsigned table;

    if (st == MIG_OK) {
        for (size_t i = 0; i < run->data.n_tables; i++)
            if (run->data.tables[i].refused_row != 0)
                return false;
        return is_complete(run, st);
    }
    if (st != MIG_E_DATA || run->err.detail == NULL ||
        sscanf(run->err.message, "the target refused row %" SCNu64 " of t%u", &row, &table) != 2)
        return false;
    snprintf(expected, sizeof expected, "in the source this is row %" PRIu64 " of table t%u", row,
             table);
    return strcmp(run->err.detail, expected) == 0 && table < run->data.n_tables &&
           run->data.tables[table].refused_row == row + 1;
}

int
main(int argc, char **argv)
{
    static const part parts[] = {
        {"every row arrives once, parents first", change_nothing, is_complete},
        {"whichever call fails, its error is the result", inject_fault, fault_is_told},
        {"a run that is stopped ends, and is no success", inject_stop, stop_is_told},
        {"a row that is refused is named", refuse_rows, refusal_is_told},
    };
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : SEED;

    tap_begin();
    tap_need(seed != 0, "the seed must be a number above 0");
    printf("# seed %" PRIu64 "\n", seed);
    mig_threads_block_signals();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        run_part(&parts[i], seed);
    return tap_end();
}
