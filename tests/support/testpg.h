/*
 * testpg.h - a PostgreSQL database of a test's own.
 *
 * MIG_TEST_PG holds the conninfo of a superuser.  Each test makes a database
 * with a random name and drops it again, also when it fails (as Criterion's
 * .init and .fini).
 */
#ifndef TESTPG_H
#define TESTPG_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "mig/buf.h"
#include "mig/plan.h"
#include "mig/sink.h"

typedef struct testpg {
    char         name[40];  /* database */
    char         role[48];  /* a role without any right but to log in; made by testpg_make_role() */
    char        *conninfo;  /* of the superuser, to the database */
    char        *role_info; /* of the role, to the database */
    PGconn      *conn;      /* the superuser's, in the database */
    mig_error    err;       /* for the calls under test */
    mig_sink    *sink;      /* opened by testpg_open() */
    mig_catalog *catalog;
    mig_plan     plan;  /* made by testpg_plan() */
    mig_buf      notes; /* of testpg_finish() */
} testpg;

extern testpg testpg_db;

/* Criterion's .init and .fini. */
void testpg_init(void);
void testpg_fini(void);

/* conninfo of the test server with another user and database (NULL: as it is). */
char *testpg_conninfo(const char *user, const char *dbname);

PGconn *testpg_connect(const char *conninfo);
void    testpg_make_role(void);

/* Runs SQL as the superuser; fails the test on an error. */
void testpg_run(const char *sql);

/* The first value of a query's result, to be freed; "" for none or NULL. */
char *testpg_value(const char *sql);

/* Asserts that the query's first value is this. */
void testpg_expect(const char *sql, const char *value);

/* Opens the sink and reads its catalog; asserts success. */
void testpg_open(const char *conninfo);
void testpg_read_catalog(void);

/* A plan of these tables (space-separated names), every column in its own wire type. */
void testpg_plan(const char *tables);

/* The same as what check() is asked. */
mig_status testpg_check(bool create_tables, const char *tables);

/* Asserts the status and, on a surprise, tells the error. */
void testpg_status(mig_status got, mig_status wanted);

/* finish() of the sink, which must succeed; what it tells is in testpg_db.notes. */
void testpg_finish(void);

/* Rows of one buffer, empty. */
mig_rows testpg_rows(size_t cap);

#endif
