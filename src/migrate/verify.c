/*
 * verify.c - counting on both sides.
 *
 * Three numbers must agree for each table: what the source holds (counted in
 * the snapshot that was read) without the rows that went aside, what was copied,
 * what the target holds.
 */
#include "mig/migrate.h"

#include <inttypes.h>

mig_status
mig_verify_counts(mig_copy *copy, mig_sink *sink, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    differing = MIG_BUF_INIT;

    for (size_t i = 0; i < copy->plan->n_tables; i++) {
        const mig_table_plan *plan = &copy->plan->tables[i];
        mig_table_copy       *table = &copy->tables[i];
        uint64_t              n_target = 0;
        uint64_t              n_copied = atomic_load(&table->n_committed);
        uint64_t              n_aside = atomic_load(&table->n_aside);

        MIG_TRY(sink->ops->count(sink, plan->target, &n_target, err));
        table->n_target = n_target;
        table->counted = true;
        if (n_target + n_aside == table->n_rows && n_copied == n_target)
            continue;
        mig_buf_printf(&differing, "%s: source=%" PRIu64 ", target=%" PRIu64 ", copied=%" PRIu64,
                       plan->source->name, table->n_rows, n_target, n_copied);
        if (n_aside > 0)
            mig_buf_printf(&differing, ", set aside=%" PRIu64, n_aside);
        mig_buf_puts(&differing, "\n");
    }
    MIG_TRY(mig_buf_check(&differing, err));
    if (differing.len > 0) {
        st = mig_raise(err, MIG_E_DIFFERS, "row counts of source and target differ");
        mig_error_detail(err, "%.*s", (int)(differing.len - 1), differing.data);
    }
done:
    mig_buf_fini(&differing);
    return st;
}
