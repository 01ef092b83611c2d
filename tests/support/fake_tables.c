/*
 * fake_tables.c - making rows up and knowing them again.
 */
#include "fake_tables.h"

#include <stdio.h>
#include <string.h>

#define N_FIELDS    2
#define ROW_FIXED   (2 + 4 + 8 + 4) /* number of fields, length and id, length of the payload */
#define PATTERN_LEN 26

void
fake_data_init(fake_data *data, const fake_table *tables, size_t n_tables)
{
    memset(data, 0, sizeof *data);
    data->tables = tables;
    data->n_tables = n_tables;
    data->batch_bytes = SIZE_MAX;
    pthread_mutex_init(&data->lock, NULL);
}

void
fake_data_fini(fake_data *data)
{
    pthread_mutex_destroy(&data->lock);
}

static bool
add_columns(mig_table *to)
{
    mig_column *id = mig_table_add_column(to, "id", "bigint");
    mig_column *payload;

    if (id == NULL)
        return false;
    id->wire = MIG_WIRE_INT8;
    id->pk_position = 1;
    id->not_null = true;
    payload = mig_table_add_column(to, "payload", "text");
    if (payload == NULL)
        return false;
    payload->wire = MIG_WIRE_TEXT;
    return true;
}

static bool
add_table(mig_catalog *catalog, const fake_table *table)
{
    mig_table *to = mig_catalog_add_table(catalog, table->name, MIG_TABLE_PLAIN);

    if (to == NULL || !add_columns(to))
        return false;
    for (size_t k = 0; k < FAKE_MAX_PARENTS && table->parents[k] != NULL; k++)
        if (mig_table_add_foreign_key(to, "", table->parents[k]) == NULL)
            return false;
    return true;
}

mig_catalog *
fake_data_catalog(const fake_data *data)
{
    mig_catalog *catalog = mig_catalog_new("main");

    if (catalog == NULL)
        return NULL;
    for (size_t i = 0; i < data->n_tables; i++) {
        if (!add_table(catalog, &data->tables[i])) {
            mig_catalog_free(catalog);
            return NULL;
        }
    }
    mig_catalog_finish(catalog);
    return catalog;
}

size_t
fake_data_find(const fake_data *data, const char *name)
{
    size_t i = 0;

    while (i < data->n_tables && strcmp(data->tables[i].name, name) != 0)
        i++;
    return i;
}

bool
fake_table_refers_to_itself(const fake_table *table)
{
    for (size_t k = 0; k < FAKE_MAX_PARENTS && table->parents[k] != NULL; k++)
        if (strcmp(table->parents[k], table->name) == 0)
            return true;
    return false;
}

static size_t
payload_len(const fake_table *table, uint64_t row)
{
    return row >= table->big_from && row < table->big_to ? table->big_payload : table->payload;
}

size_t
fake_row_len(const fake_table *table, uint64_t row)
{
    return ROW_FIXED + payload_len(table, row);
}

/* The payload of any row is a piece of the alphabet repeated, beginning at its id. */
static unsigned char
letter(uint64_t row, size_t i)
{
    return (unsigned char)('a' + (row + i) % PATTERN_LEN);
}

void
fake_row_put(const fake_table *table, uint64_t row, mig_rows *rows)
{
    size_t len = payload_len(table, row);

    mig_rows_put_int16(rows, N_FIELDS);
    mig_rows_put_int32(rows, sizeof(int64_t));
    mig_rows_put_int64(rows, (int64_t)row);
    mig_rows_put_int32(rows, (int32_t)len);
    for (size_t i = 0; i < len; i++)
        rows->data[rows->len++] = letter(row, i);
    rows->n_rows++;
}

bool
fake_row_get(const fake_table *table, const unsigned char *data, size_t len, uint64_t *rowp,
             size_t *row_lenp)
{
    uint16_t n_fields;
    uint32_t id_len, text_len;
    uint64_t id;

    if (len < ROW_FIXED)
        return false;
    memcpy(&n_fields, data, sizeof n_fields);
    memcpy(&id_len, data + 2, sizeof id_len);
    memcpy(&id, data + 6, sizeof id);
    memcpy(&text_len, data + 14, sizeof text_len);
    *rowp = be64toh(id);
    if (be16toh(n_fields) != N_FIELDS || be32toh(id_len) != sizeof id || *rowp >= table->n_rows)
        return false;
    *row_lenp = fake_row_len(table, *rowp);
    if (be32toh(text_len) != payload_len(table, *rowp) || *row_lenp > len)
        return false;
    for (size_t i = ROW_FIXED; i < *row_lenp; i++)
        if (data[i] != letter(*rowp, i - ROW_FIXED))
            return false;
    return true;
}

static void
count_up(atomic_int *now, atomic_int *most)
{
    int n = atomic_fetch_add(now, 1) + 1;
    int before = atomic_load(most);

    while (n > before && !atomic_compare_exchange_weak(most, &before, n))
        continue;
}

void
fake_flow_filled(fake_data *data, const mig_rows *rows)
{
    if (rows->n_rows == 0)
        return;
    count_up(&data->flow.n_batches, &data->flow.most_batches);
    if (rows->cap > data->batch_bytes)
        count_up(&data->flow.n_outsize, &data->flow.most_outsize);
    atomic_fetch_add(&data->flow.n_fills, 1);
}

void
fake_flow_written(fake_data *data, const mig_rows *rows)
{
    atomic_fetch_sub(&data->flow.n_batches, 1);
    if (rows->cap > data->batch_bytes)
        atomic_fetch_sub(&data->flow.n_outsize, 1);
}

void
fake_data_complain(fake_data *data, const char *fmt, ...)
{
    va_list args;

    pthread_mutex_lock(&data->lock);
    if (data->complaint[0] == '\0') {
        va_start(args, fmt);
        vsnprintf(data->complaint, sizeof data->complaint, fmt, args);
        va_end(args);
    }
    pthread_mutex_unlock(&data->lock);
}

const char *
fake_data_complaint(const fake_data *data)
{
    return data->complaint[0] != '\0' ? data->complaint : NULL;
}
