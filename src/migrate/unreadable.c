/*
 * unreadable.c - rows of the target that hold what the rows that were sent cannot have held.
 *
 * A key is hashed as it is in rows that can be read: of a row in which nothing
 * else is there.
 */
#include "unreadable.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"

struct mig__unreadable {
    mig_aside       aside; /* first: an aside is one of these */
    const mig_plan *plan, *back;

    pthread_mutex_t      lock; /* guards all below while readers run */
    mig__unreadable_row *rows;
    size_t               n, cap;
    uint64_t            *n_rows; /* beside plan->tables */
};

static bool
is_key(const mig_table_plan *table, size_t column)
{
    bool of_target = false;

    for (size_t i = 0; i < table->n_columns; i++)
        of_target = of_target || table->columns[i].target->pk_position > 0;
    return (of_target ? table->columns[column].target : table->columns[column].source)
               ->pk_position > 0;
}

/* Appends the row with its key alone; false if that cannot be, or there is none. */
static bool
put_key(const mig_table_plan *table, const mig_table_plan *back, const mig_aside_row *row,
        mig_rows *out)
{
    mig_json_scratch json = MIG_JSON_SCRATCH_INIT;
    mig_buf          text = MIG_BUF_INIT;
    mig_fault        fault;
    bool             any = false;

    mig_rows_put_int16(out, (int16_t)table->n_columns);
    for (size_t i = 0; i < table->n_columns; i++) {
        mig_encoder encoder = mig_column_encoder(&back->columns[i]);
        size_t      spare = out->cap - out->len - sizeof(int32_t);

        if (!is_key(table, i)) {
            mig_rows_put_null(out);
            continue;
        }
        any = true;
        encoder.json = &json;
        encoder.text = &text;
        spare -= mig_wire_fixed_len(encoder.wire);
        if (row->values[i].form != MIG_ASIDE_PLAIN ||
            mig_encode(&encoder, &row->values[i].value, out, &spare, &fault) != MIG_FAULT_NONE) {
            any = false;
            break;
        }
    }
    mig_json_scratch_fini(&json);
    mig_buf_fini(&text);
    return any;
}

/* Bytes that are enough for the row with its key alone. */
static size_t
room_for(const mig_table_plan *back, const mig_aside_row *row)
{
    size_t len = sizeof(int16_t);

    for (size_t i = 0; i < back->n_columns; i++) {
        const mig_encoder encoder = mig_column_encoder(&back->columns[i]);

        len += sizeof(int32_t) + mig_wire_fixed_len(encoder.wire) +
               mig_encode_need(&encoder, &row->values[i].value);
    }
    return len;
}

static mig_status
hash_key(const mig_table_plan *table, const mig_table_plan *back, const mig_aside_row *row,
         mig__unreadable_row *out, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_hasher *hasher = NULL;
    mig_hash    whole;
    size_t      used;
    mig_rows    key = {.cap = room_for(back, row)};

    key.data = malloc(key.cap);
    if (key.data == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold a key");
    out->keyed = put_key(table, back, row, &key);
    if (out->keyed) {
        MIG_TRY(mig__content_hasher(table, &hasher, err));
        MIG_TRY(mig_hash_row(hasher, key.data, key.len, &used, &whole, &out->key, err));
    }
done:
    mig_hasher_free(hasher);
    free(key.data);
    return st;
}

/* "hosts, the row where id is the integer 5", or by all of its values. */
static void
name_row(const mig_table_plan *table, const mig_aside_row *row, mig_buf *out)
{
    bool any = false, all = true;

    for (size_t i = 0; i < table->n_columns; i++)
        all = all && !is_key(table, i);
    mig_buf_puts(out, table->target->name);
    for (size_t i = 0; i < table->n_columns; i++) {
        if (!all && !is_key(table, i))
            continue;
        mig_buf_printf(out, "%s%s is ",
                       any   ? ", "
                       : all ? ", a row where "
                             : ", the row where ",
                       table->columns[i].target->name);
        mig_value_describe(&row->values[i].value, table->columns[i].secret, out);
        any = true;
    }
}

static mig_status
keep(mig__unreadable *u, size_t t, const mig_aside_row *row, mig_error *err)
{
    mig_status          st = MIG_OK;
    mig__unreadable_row one = {.table = t, .column = (size_t)(row->column - row->plan->columns)};
    mig_buf             name = MIG_BUF_INIT;

    if (u->n == u->cap) {
        size_t               cap = u->cap == 0 ? 16 : 2 * u->cap;
        mig__unreadable_row *grown = reallocarray(u->rows, cap, sizeof *grown);

        if (grown == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot keep rows that differ");
        u->rows = grown;
        u->cap = cap;
    }
    MIG_TRY(hash_key(&u->plan->tables[t], &u->back->tables[t], row, &one, err));
    name_row(&u->plan->tables[t], row, &name);
    MIG_TRY(mig_buf_check(&name, err));
    one.what = strdup(row->reason);
    one.row = strdup(mig_buf_text(&name));
    if (one.what == NULL || one.row == NULL) {
        free(one.what);
        free(one.row);
        st = mig_raise(err, MIG_E_NOMEM, "cannot keep rows that differ");
        goto done;
    }
    u->rows[u->n++] = one;
done:
    mig_buf_fini(&name);
    return st;
}

static mig_status
put(mig_aside *aside, const mig_aside_row *row, mig_error *err)
{
    mig__unreadable *u = (mig__unreadable *)aside;
    const size_t     t = (size_t)(row->plan - u->back->tables);
    mig_status       st = MIG_OK;

    pthread_mutex_lock(&u->lock);
    u->n_rows[t]++;
    if (u->n < MIG__UNREADABLE_MOST)
        st = keep(u, t, row, err);
    pthread_mutex_unlock(&u->lock);
    return st;
}

mig_status
mig__unreadable_new(const mig_plan *plan, const mig_plan *back, mig__unreadable **unreadablep,
                    mig_error *err)
{
    mig__unreadable *u = calloc(1, sizeof *u);

    *unreadablep = NULL;
    if (u == NULL || (u->n_rows = calloc(plan->n_tables + 1, sizeof *u->n_rows)) == NULL) {
        free(u);
        return mig_raise(err, MIG_E_NOMEM, "cannot keep rows that differ");
    }
    u->aside.put = put;
    u->plan = plan;
    u->back = back;
    pthread_mutex_init(&u->lock, NULL);
    *unreadablep = u;
    return MIG_OK;
}

void
mig__unreadable_free(mig__unreadable *u)
{
    if (u == NULL)
        return;
    for (size_t i = 0; i < u->n; i++) {
        free(u->rows[i].what);
        free(u->rows[i].row);
    }
    free(u->rows);
    free(u->n_rows);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

mig_aside *
mig__unreadable_aside(mig__unreadable *u)
{
    return &u->aside;
}

uint64_t
mig__unreadable_n_rows(const mig__unreadable *u, size_t table)
{
    return u->n_rows[table];
}

const mig__unreadable_row *
mig__unreadable_take(mig__unreadable *u, size_t table, mig_hash key)
{
    for (size_t i = 0; u != NULL && i < u->n; i++) {
        mig__unreadable_row *row = &u->rows[i];

        if (row->table != table || row->named || !row->keyed || row->key.low != key.low ||
            row->key.high != key.high)
            continue;
        row->named = true;
        return row;
    }
    return NULL;
}

const mig__unreadable_row *
mig__unreadable_take_any(mig__unreadable *u, size_t table)
{
    for (size_t i = 0; u != NULL && i < u->n; i++) {
        if (u->rows[i].table != table || u->rows[i].named)
            continue;
        u->rows[i].named = true;
        return &u->rows[i];
    }
    return NULL;
}
