/*
 * fake_run.h - one whole run of the engine over made-up tables.
 *
 * Plan, count, prepare, copy, restore, verify, as the command line does it, with the
 * fault wrapper around both fakes.
 *
 *     fake_run_init -> set gates, fault, options -> fake_run_copy -> look -> fake_run_fini
 *
 * Threads: the main thread.
 */
#ifndef TEST_FAKE_RUN_H
#define TEST_FAKE_RUN_H

#include "fake_fault.h"
#include "fake_sink.h"
#include "fake_source.h"
#include "mig/migrate.h"

typedef struct fake_run {
    fake_data         data;
    fake_source       source;
    fake_sink         sink;
    fake_fault        fault; /* none after init */
    fake_fault_source faulty_source;
    fake_fault_sink   faulty_sink;
    mig_copy_options  options; /* small batches and chunks after init */
    mig_catalog      *catalog;
    mig_plan         *plan;
    mig_copy         *copy;
    mig_error         err; /* of the last failure */

    /* Called at every tick of the copy; may be NULL. */
    void (*tick)(void *arg, const mig_copy *copy);
    void *arg;
} fake_run;

/* False without memory, or if no plan can be made of the tables. */
bool fake_run_init(fake_run *run, const fake_table *tables, size_t n_tables);
void fake_run_fini(fake_run *run);

/* The first failure of any step; later steps but restore are left out then. */
mig_status fake_run_copy(fake_run *run);

/* The position of a table in the plan. */
size_t fake_run_table(const fake_run *run, const char *name);

/*
 * What is wrong after a copy, whatever its status: a breach of a contract, a chunk left open, rows
 * counted as committed that are not there.  NULL if nothing is.
 */
const char *fake_run_complaint(fake_run *run);

#endif
