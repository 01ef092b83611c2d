/*
 * made.h - a made-up schema of SQLite of which nothing is usual.
 *
 * What SQLite refuses of it is left out when the sqlite3 program reads the
 * statements: the file that comes of them is what counts.
 */
#ifndef TEST_MADE_H
#define TEST_MADE_H

#include <stdbool.h>
#include <stddef.h>

#include "case_random.h"
#include "mig/buf.h"

#define MADE_TABLES  8
#define MADE_COLUMNS 16
#define MADE_PARTS   3
#define MADE_KEYS    3
#define MADE_NAME    120

/* What the values of a column look like. */
typedef enum made_class {
    MADE_INTEGER,
    MADE_WIDE, /* integers beyond 32 bits */
    MADE_REAL,
    MADE_DECIMAL,
    MADE_TEXT,
    MADE_BLOB,
    MADE_BOOLEAN,
    MADE_WORD, /* booleans as words */
    MADE_MOMENT,
    MADE_EPOCH,
    MADE_DATE,
    MADE_TIME,
    MADE_UUID,
    MADE_JSON,
    MADE_MIXED,
} made_class;

typedef struct made_column {
    char        name[MADE_NAME];
    const char *type;
    made_class class;
    bool not_null;
    bool generated;
    bool reference; /* filled when all rows are there */
} made_column;

typedef struct made_key {
    unsigned columns[MADE_PARTS];
    unsigned n;
} made_key;

typedef struct made_reference {
    unsigned parent; /* a table; MADE_TABLES: one that is not there */
    made_key columns;
    made_key parent_columns;
    bool     implicit;
} made_reference;

typedef struct made_table {
    char           name[MADE_NAME];
    bool           strict, without_rowid;
    bool           rowid, autoincrement; /* the first column is INTEGER PRIMARY KEY */
    made_column    columns[MADE_COLUMNS];
    unsigned       n_columns;
    made_key       keys[MADE_KEYS]; /* the first one is the primary key */
    unsigned       n_keys;
    made_reference references[3];
    unsigned       n_references;
} made_table;

typedef struct made_schema {
    case_random *random;
    made_table   tables[MADE_TABLES];
    unsigned     n_tables;
    unsigned     n_names; /* given so far */
} made_schema;

/* ---- chance ------------------------------------------------------------------------------- */

unsigned    below(made_schema *made, unsigned n);
bool        once_in(made_schema *made, unsigned n);
const char *one_of(made_schema *made, const char *const *words, size_t n);

#define ONE_OF(made, words) one_of(made, words, sizeof(words) / sizeof *(words))

/* ---- what is made ------------------------------------------------------------------------- */

/* Whether values that differ remain different whatever type they get, as keys must: not words and
 * moments of several forms. */
bool made_is_key(made_class class);

void made_name(made_schema *made, const char *kind, char *name);
void made_quote(made_schema *made, mig_buf *sql, const char *name);

/* The tables with columns, keys and references. */
void made_tables(made_schema *made);

/* Their statements; what stands behind a column; and what else there is. */
void made_write_tables(made_schema *made, mig_buf *sql);
void made_write_clauses(made_schema *made, const made_table *table, unsigned column, mig_buf *sql);
void made_write_generated(made_schema *made, const made_table *table, unsigned column,
                          mig_buf *sql);
void made_write_check(made_schema *made, const made_table *table, unsigned column, mig_buf *sql);
void made_write_objects(made_schema *made, mig_buf *sql);

/* Rows, of which SQLite leaves out those that break a constraint. */
void made_write_rows(made_schema *made, mig_buf *sql);

#endif
