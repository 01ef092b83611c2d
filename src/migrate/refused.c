/*
 * refused.c - rows that the target refuses, while a writer goes on with the others.
 */
#include "refused.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"

void
mig__refused_begin(mig__refused *refused)
{
    mig_hasher_free(refused->hasher);
    refused->hasher = NULL;
    refused->digest = (mig_digest){0};
    refused->n = refused->n_final; /* of a chunk that was taken back */
}

/* ---- the row as values --------------------------------------------------------------------- */

static void
take_value(mig_wire_type wire, const unsigned char *data, int32_t len, mig_buf *scratch,
           mig_aside_value *out)
{
    out->form = MIG_ASIDE_PLAIN;
    if (mig_field_value(wire, data, len, scratch, &out->value))
        return;
    out->form = MIG_ASIDE_WIRE;
    out->value =
        (mig_value){.class = MIG_VALUE_BLOB, .data = (const char *)data, .len = (size_t)len};
}

/* The row was hashed before, so it is whole. */
static mig_status
take_values(const mig_table_plan *plan, const unsigned char *row, mig_buf *scratch,
            mig_aside_value *values, mig_error *err)
{
    mig_status           st = MIG_OK;
    const unsigned char *at = row + sizeof(uint16_t);

    for (size_t i = 0; i < plan->n_columns; i++) {
        uint32_t wire;
        int32_t  len;

        memcpy(&wire, at, sizeof wire);
        len = (int32_t)be32toh(wire);
        at += sizeof wire;
        take_value(plan->columns[i].wire, at, len, &scratch[i], &values[i]);
        MIG_TRY(mig_buf_check(&scratch[i], err));
        at += len > 0 ? len : 0;
    }
done:
    return st;
}

static const mig_column_plan *
find_column(const mig_table_plan *plan, const char *name)
{
    for (size_t i = 0; name != NULL && i < plan->n_columns; i++)
        if (strcmp(plan->columns[i].target->name, name) == 0)
            return &plan->columns[i];
    return NULL;
}

static mig_status
put_aside(mig_aside *aside, const mig_table_plan *plan, const mig_refusal *refusal, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_buf         *scratch = calloc(plan->n_columns + 1, sizeof *scratch);
    mig_aside_value *values = calloc(plan->n_columns + 1, sizeof *values);
    mig_aside_row    row = {.plan = plan,
                            .column = find_column(plan, refusal->column),
                            .reason = refusal->reason,
                            .state = refusal->state,
                            .constraint = refusal->constraint,
                            .values = values};

    if (scratch == NULL || values == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold a row of %s", plan->source->name);
        goto done;
    }
    MIG_TRY(take_values(plan, refusal->row, scratch, values, err));
    MIG_TRY(aside->put(aside, &row, err));
done:
    for (size_t i = 0; scratch != NULL && i < plan->n_columns; i++)
        mig_buf_fini(&scratch[i]);
    free(scratch);
    free(values);
    return st;
}

/* ---- hashes -------------------------------------------------------------------------------- */

static mig_status
keep(mig__refused *refused, size_t table, mig_hash hash, mig_error *err)
{
    if (refused->n == refused->cap) {
        size_t             cap = refused->cap == 0 ? 64 : 2 * refused->cap;
        mig__refused_hash *grown = reallocarray(refused->list, cap, sizeof *grown);

        if (grown == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot keep in mind which rows were refused");
        refused->list = grown;
        refused->cap = cap;
    }
    refused->list[refused->n++] = (mig__refused_hash){table, hash};
    return MIG_OK;
}

mig_status
mig__refused_add(mig__refused *refused, const mig_run *run, size_t table,
                 const mig_refusal *refusal, mig_error *err)
{
    const mig_table_plan *plan = &run->copy->plan->tables[table];
    mig_status            st = MIG_OK;
    mig_hash              hash;
    size_t                used;

    if (refused->hasher == NULL)
        MIG_TRY(mig__content_hasher(plan, &refused->hasher, err));
    MIG_TRY(mig_hash_row(refused->hasher, refusal->row, refusal->len, &used, &hash, NULL, err));
    MIG_TRY(put_aside(run->options->aside, plan, refusal, err));
    MIG_TRY(keep(refused, table, hash, err));
    mig_digest_add_hash(&refused->digest, hash);
done:
    return st;
}

void
mig__refused_commit(mig__refused *refused)
{
    refused->n_final = refused->n;
    mig__refused_begin(refused);
}

mig_status
mig__refused_gather(const mig__refused *refused, mig_copy *copy, bool digests, mig_error *err)
{
    for (size_t i = 0; i < refused->n_final; i++) {
        mig_table_copy  *table = &copy->tables[refused->list[i].table];
        const size_t     n = table->n_refused;
        const mig_digest one = {.n_rows = 1, .sum = refused->list[i].hash};

        if ((n & (n + 1)) == 0) { /* 0, 1, 3, 7, ... */
            mig_hash *grown = reallocarray(table->refused, 2 * n + 1, sizeof *grown);

            if (grown == NULL)
                return mig_raise(err, MIG_E_NOMEM, "cannot list the rows that were refused");
            table->refused = grown;
        }
        table->refused[table->n_refused++] = one.sum;
        if (digests)
            mig_digest_take(&table->digest, &one);
    }
    return MIG_OK;
}

void
mig__refused_fini(mig__refused *refused)
{
    mig_hasher_free(refused->hasher);
    free(refused->list);
    *refused = (mig__refused){0};
}
