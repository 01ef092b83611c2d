/*
 * fake_tables.h - tables that are made up: rows without a database.
 *
 * A row is (id INT8, payload TEXT), id counting from 0; the payload is a
 * pattern of the id, so that whoever receives a row can tell whether it is the
 * one that was sent.  Both fakes, source and sink, look at the same fake_data,
 * which also counts what is on the way between them and keeps the first breach
 * of a contract that either of them saw.
 *
 * Nothing here ends the program or knows the test framework: stress programs
 * use it too.
 *
 * Threads: any; what changes is atomic or under the lock.
 */
#ifndef TEST_FAKE_TABLES_H
#define TEST_FAKE_TABLES_H

#include <pthread.h>
#include <stdatomic.h>

#include "mig/catalog.h"
#include "mig/plan.h"

#define FAKE_MAX_PARENTS 4

typedef struct fake_table {
    const char *name;
    uint64_t    n_rows;
    size_t      payload;                   /* bytes of every row's text */
    const char *parents[FAKE_MAX_PARENTS]; /* the rest NULL; its own name: refers to itself */

    /* Rows [big_from, big_to) have big_payload bytes instead. */
    uint64_t big_from, big_to;
    size_t   big_payload;

    /* The source cuts it into segments of so many rows, whatever it is asked; 0: as it is asked. */
    uint64_t segment_rows;

    /* The target refuses row `refused_row - 1`, when it is written or at the commit; 0: none. */
    uint64_t refused_row;
    bool     refused_at_commit;
} fake_table;

/* Batches that were filled and are not written yet.  Atomic: statistics. */
typedef struct fake_flow {
    _Atomic uint64_t n_fills; /* fills that brought rows */
    atomic_int       n_batches;
    atomic_int       most_batches;
    atomic_int       n_outsize; /* batches larger than batch_bytes */
    atomic_int       most_outsize;
} fake_flow;

typedef struct fake_data {
    /* Fixed before any thread starts. */
    const fake_table *tables;
    size_t            n_tables;
    size_t            batch_bytes; /* a batch with more room than this is outsize */

    fake_flow flow;

    pthread_mutex_t lock;
    char            complaint[200]; /* under lock; "" for none */
} fake_data;

void fake_data_init(fake_data *data, const fake_table *tables, size_t n_tables);
void fake_data_fini(fake_data *data);

/* NULL without memory.  Good as the source's and as the target's catalog. */
mig_catalog *fake_data_catalog(const fake_data *data);

/* Position of the table with that name; n_tables if there is none. */
size_t fake_data_find(const fake_data *data, const char *name);

bool fake_table_refers_to_itself(const fake_table *table);

/* Bytes of the wire row. */
size_t fake_row_len(const fake_table *table, uint64_t row);

/* Appends the wire row; there must be room. */
void fake_row_put(const fake_table *table, uint64_t row, mig_rows *rows);

/*
 * Reads one wire row at `data`: its number and length.  False if it is not exactly the row that
 * fake_row_put makes.
 */
bool fake_row_get(const fake_table *table, const unsigned char *data, size_t len, uint64_t *rowp,
                  size_t *row_lenp);

/* A batch with rows was filled / written. */
void fake_flow_filled(fake_data *data, const mig_rows *rows);
void fake_flow_written(fake_data *data, const mig_rows *rows);

/* Keeps the first breach of a contract. */
void fake_data_complain(fake_data *data, const char *fmt, ...) MIG_PRINTF(2, 3);

/* That breach, or NULL.  When no thread runs any more. */
const char *fake_data_complaint(const fake_data *data);

#endif
