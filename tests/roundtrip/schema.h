/*
 * schema.h - made-up schemas, the same from the same seed, for both databases.
 */
#ifndef TEST_SCHEMA_H
#define TEST_SCHEMA_H

#include "kinds.h"

#define SCHEMA_TABLES  10
#define SCHEMA_COLUMNS 14
#define KEY_COLUMNS    3

typedef enum key_form {
    KEY_NONE,
    KEY_ROWID,         /* INTEGER PRIMARY KEY */
    KEY_AUTOINCREMENT, /* the same with AUTOINCREMENT, and an identity or serial */
    KEY_COLUMNS_FORM,  /* the first n_key columns */
} key_form;

typedef struct table_column {
    char             name[64];
    const test_kind *kind;
    bool             not_null;
    bool             unique;
    bool             generated;
} table_column;

typedef struct test_table test_table;

typedef struct table_reference {
    const test_table *parent;
    unsigned          first_column; /* of as many as the parent's key has */
} table_reference;

struct test_table {
    char            name[64];
    key_form        key;
    unsigned        n_key; /* 0 without key */
    bool            without_rowid;
    bool            strict;
    table_column    columns[SCHEMA_COLUMNS];
    unsigned        n_columns;
    table_reference references[2];
    unsigned        n_references;
};

typedef struct test_schema {
    test_table tables[SCHEMA_TABLES];
    unsigned   n_tables;
} test_schema;

void schema_make(case_random *random, test_schema *schema);

void schema_sqlite(const test_schema *schema, mig_buf *sql);

/* Columns in another order; foreign keys at the end. */
void schema_postgres(case_random *random, const test_schema *schema, mig_buf *sql);

/* Fills the tables of an open database that has the schema. */
void schema_fill(case_random *random, const test_schema *schema, sqlite3 *db);

#endif
