/*
 * bookkeeping.h - the tables in which applications record which of their
 * migrations a database has seen.
 *
 * The names in such a table tell the state of a schema; they are compared, not
 * copied: the other columns (ids, times, checksums) are the record of how that
 * one database came to its state.
 *
 * Facts as data; pure functions; any thread.
 */
#ifndef MIG_BOOKKEEPING_H
#define MIG_BOOKKEEPING_H

#include "mig/catalog.h"

#define MIG_BOOKKEEPING_NAMES_MAX 3
#define MIG_BOOKKEEPING_MARKS_MAX 2

/* A column whose value says that a row is no migration that was applied. */
typedef struct mig_bookkeeping_mark {
    const char *column;
    enum {
        MIG_MARK_IF_TRUE,
        MIG_MARK_IF_FALSE,
        MIG_MARK_IF_NULL,
        MIG_MARK_IF_SET, /* not NULL */
    } when;
    const char *words; /* "failed" */
} mig_bookkeeping_mark;

/* In texts, as names of columns and tables are matched: in any case of ASCII letters. */
typedef struct mig_bookkeeping {
    const char          *table;
    const char          *tool;                             /* whose record it is */
    const char          *names[MIG_BOOKKEEPING_NAMES_MAX]; /* the columns that name a migration */
    mig_bookkeeping_mark marks[MIG_BOOKKEEPING_MARKS_MAX];
    const char          *also; /* a column that tells it from other tables of that name, or NULL */
} mig_bookkeeping;

/* The rule for a table by its name and columns; NULL for a table that is no such record. */
const mig_bookkeeping *mig_bookkeeping_of(const mig_table *table);

/* Whether the mark is on a row whose column has this text (NULL: the value NULL). */
bool mig_bookkeeping_marked(const mig_bookkeeping_mark *mark, const char *text);

#endif
