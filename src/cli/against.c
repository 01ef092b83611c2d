/*
 * against.c - does one database still hold what a report says of it?
 *
 * The report's plan has its own idea of both catalogs.  Of the side at hand the
 * real tables take their place, so that it is read by the same code, in the same
 * wire types and by the same rules as in the run that wrote the report; a table or
 * column that is no longer what it was is a difference.
 */
#include "against.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "databases.h"
#include "mig/log.h"
#include "mig/threads.h"
#include "proof_read.h"

/* One side while it is looked at. */
typedef struct check {
    const mig_proof *proof;
    bool             of_target;
    const char      *name; /* "source", "target" */
    mig_source      *source;
    mig_catalog     *catalog;
    unsigned         n_readers;

    mig_plan          plan;    /* the tables that are there and digested, and where they are */
    size_t           *places;  /* in the report: beside plan.tables, positions in proof->plan */
    const mig_table **counted; /* beside proof->plan: those of which the report has no digest */

    mig_buf  lines; /* differences */
    size_t   n_differing;
    uint64_t n_rows;
    size_t   n_tables;  /* that were looked at */
    size_t   n_counted; /* of them */
} check;

static void
check_fini(check *c)
{
    for (size_t t = 0; c->plan.tables != NULL && t < c->plan.n_tables; t++)
        free(c->plan.tables[t].columns);
    free(c->plan.tables);
    free(c->places);
    free(c->counted);
    mig_buf_fini(&c->lines);
    mig_catalog_free(c->catalog);
    mig_source_close(c->source);
}

/* ---- the tables at hand in place of the report's ------------------------------------------ */

static bool
same_text(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* SQLite's types say little, but a changed one shows that the table is another one. */
static bool
same_type(const mig_column *one, const mig_column *other)
{
    return same_text(one->base, other->base) &&
           (one->base != NULL || strcasecmp(one->type, other->type) == 0);
}

static bool
put_column(check *c, const mig_table *table, mig_column_plan *column)
{
    const mig_column *old = c->of_target ? column->target : column->source;
    const mig_column *now = mig_table_find(table, old->name);

    if (now == NULL) {
        mig_buf_printf(&c->lines, "%s: it has no column %s any more\n", table->name, old->name);
        return false;
    }
    if (!same_type(old, now)) {
        mig_buf_printf(&c->lines, "%s: column %s was %s and is %s\n", table->name, old->name,
                       old->type[0] != '\0' ? old->type : "without a type",
                       now->type[0] != '\0' ? now->type : "without a type");
        return false;
    }
    *(c->of_target ? &column->target : &column->source) = now;
    return true;
}

/* Without a place in the plan where it is not what it was: then that is told. */
static mig_status
put_table(check *c, size_t place, mig_error *err)
{
    const mig_table_plan *old = &c->proof->plan->tables[place];
    mig_table_plan       *plan = &c->plan.tables[c->plan.n_tables];
    const char           *name = (c->of_target ? old->target : old->source)->name;
    const mig_table      *now = mig_catalog_find(c->catalog, name);
    bool                  fits = now != NULL;

    if (now == NULL)
        mig_buf_printf(&c->lines, "%s: there is no such table any more\n", name);
    *plan = *old;
    plan->columns = calloc(old->n_columns + 1, sizeof *plan->columns);
    if (plan->columns == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the plan of the comparison");
    for (size_t i = 0; i < old->n_columns; i++) {
        plan->columns[i] = old->columns[i];
        fits = now != NULL && put_column(c, now, &plan->columns[i]) && fits;
    }
    if (!fits) {
        free(plan->columns);
        plan->columns = NULL;
        c->n_differing++;
        return MIG_OK;
    }
    *(c->of_target ? &plan->target : &plan->source) = now;
    if (!c->proof->tables[place].digested) {
        c->counted[place] = now;
        free(plan->columns);
        plan->columns = NULL;
        return MIG_OK;
    }
    c->places[c->plan.n_tables++] = place;
    return MIG_OK;
}

static mig_status
put_tables(check *c, mig_error *err)
{
    const size_t n = c->proof->plan->n_tables;
    mig_status   st = MIG_OK;

    c->plan.tables = calloc(n + 1, sizeof *c->plan.tables);
    c->places = calloc(n + 1, sizeof *c->places);
    c->counted = calloc(n + 1, sizeof *c->counted);
    if (c->plan.tables == NULL || c->places == NULL || c->counted == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the plan of the comparison");
    for (size_t t = 0; t < n; t++)
        MIG_TRY(put_table(c, t, err));
    st = mig_buf_check(&c->lines, err);
done:
    return st;
}

/* ---- digests ------------------------------------------------------------------------------ */

static void
compare_table(check *c, const char *name, const mig_proof_table *then, const mig_digest *now)
{
    c->n_tables++;
    c->n_rows += now->n_rows;
    if (then->digest.n_rows != now->n_rows)
        mig_buf_printf(&c->lines, "%s: %" PRIu64 " rows in the report, %" PRIu64 " now\n", name,
                       then->digest.n_rows, now->n_rows);
    else if (then->digested && !mig_digest_same(&then->digest, now))
        mig_buf_printf(&c->lines, "%s: as many rows as in the report, but not the same\n", name);
    else
        return;
    c->n_differing++;
}

static mig_status
count_tables(check *c, mig_error *err)
{
    mig_status st = MIG_OK;

    for (size_t t = 0; t < c->proof->plan->n_tables; t++) {
        mig_digest now = {0};

        if (c->counted[t] == NULL)
            continue;
        MIG_TRY(c->source->ops->count(c->source, c->counted[t], &now.n_rows, err));
        compare_table(c, c->counted[t]->name, &c->proof->tables[t], &now);
        c->n_counted++;
    }
done:
    return st;
}

static mig_status
digest_tables(void *arg, mig_error *err)
{
    check       *c = arg;
    const size_t n = c->plan.n_tables;
    mig_status   st = MIG_OK;
    mig_digest  *digests = calloc(n + 1, sizeof *digests);
    uint64_t    *n_rows = calloc(n + 1, sizeof *n_rows);

    if (digests == NULL || n_rows == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate digests");
        goto done;
    }
    for (size_t t = 0; t < n; t++)
        n_rows[t] = c->proof->tables[c->places[t]].digest.n_rows;
    MIG_TRY(mig_verify_digests(
        &(mig_verify_side){c->source, c->of_target, &c->plan, n_rows, c->n_readers}, digests, err));
    for (size_t t = 0; t < n; t++) {
        const mig_table_plan *plan = &c->plan.tables[t];

        compare_table(c, (c->of_target ? plan->target : plan->source)->name,
                      &c->proof->tables[c->places[t]], &digests[t]);
    }
    MIG_TRY(count_tables(c, err));
    MIG_TRY(c->source->ops->unchanged(c->source, err));
    st = mig_buf_check(&c->lines, err);
done:
    free(digests);
    free(n_rows);
    return st;
}

/* ---- a side, from its URL to the last word ------------------------------------------------ */

static mig_status
open_side(check *c, const mig_migration *m, mig_error *err)
{
    const mig_url *url = c->of_target ? &m->target_url : &m->source_url;
    const char    *schema = m->options->target_schema;
    mig_patterns   schemas = {.texts = &schema, .n = schema != NULL ? 1 : 0};
    mig_status     st = MIG_OK;

    mig_log_info("Connecting to %s:  %s", c->name, url->display);
    MIG_TRY(mig__databases_open_source(url, c->of_target ? &schemas : &m->options->source_schemas,
                                       &c->source, err));
    MIG_TRY(c->source->ops->snapshot(c->source, c->n_readers, err));
    MIG_TRY(c->source->ops->catalog(c->source, &c->catalog, err));
    MIG_TRY(put_tables(c, err));
done:
    return st;
}

static void
tell(const check *c)
{
    if (c->n_counted > 0)
        mig_log_warning("%zu of the tables were only counted: the report has no digest of them",
                        c->n_counted);
    if (c->n_differing == 0)
        mig_log_info("The %s holds what the report says: %" PRIu64 " rows in %zu table%s.", c->name,
                     c->n_rows, c->n_tables, c->n_tables == 1 ? "" : "s");
}

static mig_status
raise_differing(const check *c, mig_error *err)
{
    mig_raise(err, MIG_E_DIFFERS, "the %s is not what the report says, in %zu table%s", c->name,
              c->n_differing, c->n_differing == 1 ? "" : "s");
    mig_error_detail(err, "%.*s", (int)(c->lines.len - 1), c->lines.data);
    return MIG_E_DIFFERS;
}

static mig_status
check_side(mig_migration *m, const mig_proof *proof, bool of_target, mig_error *err)
{
    mig_status st = MIG_OK;
    check      c = {.proof = proof,
                    .of_target = of_target,
                    .name = of_target ? "target" : "source",
                    .n_readers = of_target                  ? m->copying.n_writers
                                 : m->copying.n_readers > 0 ? m->copying.n_readers
                                                            : 1,
                    .lines = MIG_BUF_INIT};

    MIG_TRY(open_side(&c, m, err));
    mig_threads_block_signals();
    mig_log_info("Comparing contents with the report\u2026");
    MIG_TRY(mig_phase_run_sources(c.source, NULL, digest_tables, &c, &m->signo, err));
    tell(&c);
    if (c.n_differing > 0)
        st = raise_differing(&c, err);
done:
    check_fini(&c);
    return st;
}

mig_status
mig__against_run(mig_migration *m, mig_error *err)
{
    mig_proof  proof;
    mig_status st;

    MIG_TRY(mig__proof_read(m->options->against, &proof, err));
    st = mig__databases_check_schema(&m->source_url, "--source-schema",
                                     m->options->source_schemas.n > 0, err);
    if (st == MIG_OK)
        st = mig__databases_check_schema(&m->target_url, "--target-schema",
                                         m->options->target_schema != NULL, err);
    if (st == MIG_OK)
        st = mig__databases_check_parameters(&m->source_url, &m->target_url, err);
    if (st == MIG_OK && m->options->source_db != NULL)
        st = check_side(m, &proof, false, err);
    if (st == MIG_OK && m->options->target_db != NULL)
        st = check_side(m, &proof, true, err);
    mig__proof_fini(&proof);
done:
    return st;
}
