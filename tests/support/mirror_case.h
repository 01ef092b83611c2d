/*
 * mirror_case.h - the mirror of a SQLite file that SQL makes, as DDL.
 *
 * Everything fails the running test when it does not work.
 */
#ifndef TEST_MIRROR_CASE_H
#define TEST_MIRROR_CASE_H

#include "../../include/mig/mirror.h"
#include "sqlite_file.h"

typedef struct mirror_case {
    sqlite_file  file;
    mig_source  *source;
    mig_catalog *catalog;
    mig_schema  *schema;
    mig_survey  *survey;

    /* What the user wants; to PostgreSQL 15 with ICU, schema app, unless a test says otherwise. */
    mig_plan_rules   plan;
    mig_mirror_rules rules;
    mig_cast         casts[4];
    mig_rename       renames[4];

    mig_mirror *mirror;
    mig_buf     text; /* of mig_mirror_print */
    mig_error   err;
} mirror_case;

void mirror_case_init(mirror_case *c);
void mirror_case_fini(mirror_case *c);

void mirror_case_cast(mirror_case *c, const char *text);
void mirror_case_rename(mirror_case *c, const char *text);

/* Reads the file that the SQL makes, without a survey. */
void mirror_case_read(mirror_case *c, const char *sql);

/* Reads and, where there is something to find, surveys; then makes the mirror. */
mig_status mirror_case_try(mirror_case *c, const char *sql);

/* ... which must work, and prints it. */
void mirror_case_make(mirror_case *c, const char *sql);

/* Makes the mirror of a schema without a file. */
void mirror_case_make_of(mirror_case *c, mig_schema *schema, mig_catalog *catalog);

/* The first decision of a kind about what begins so, or NULL. */
const mig_decision *mirror_case_decision(const mirror_case *c, mig_decision_kind kind,
                                         const char *what);

/* The text has it, or has not. */
#define expect_ddl(c, part)                                                                        \
    cr_expect(strstr(mig_buf_text(&(c)->text), part) != NULL, "no \"%s\" in\n%s", part,            \
              mig_buf_text(&(c)->text))
#define expect_no_ddl(c, part)                                                                     \
    cr_expect(strstr(mig_buf_text(&(c)->text), part) == NULL, "\"%s\" in\n%s", part,               \
              mig_buf_text(&(c)->text))

/* A decision whose text has this in it. */
void expect_decision(const mirror_case *c, mig_decision_kind kind, const char *what,
                     const char *text);

#endif
