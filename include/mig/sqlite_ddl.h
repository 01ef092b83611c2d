/*
 * sqlite_ddl.h - reading SQLite's CREATE statements.
 *
 * sqlite_schema keeps each statement as it was written, and much of a schema is
 * told nowhere else: checks, collations, conflict clauses, names of
 * constraints, expressions.  The parser takes what SQLite itself takes, in its
 * own ways (names in any quotes, comments, types of several words, constraints
 * in odd order); it never executes anything.
 *
 * What SQLite reads and does not do is dropped: MATCH, ON INSERT, conflict
 * clauses of checks, names of constraints that follow none.  Names in double
 * quotes that it takes for strings are written as strings.  The key's columns
 * of a table without rowid are not_null, as SQLite has them.
 *
 * Source: SQLite, "SQL As Understood By SQLite": CREATE TABLE, CREATE INDEX,
 * CREATE VIEW, and its grammar's freedoms.
 *
 * Pure; any thread.
 */
#ifndef MIG_SQLITE_DDL_H
#define MIG_SQLITE_DDL_H

#include "mig/schema.h"

/*
 * Each adds what the statement says to the schema.  `name` is sqlite_schema.name.
 * MIG_E_SCHEMA, with what was not understood and where, for a statement that is no such one.
 *
 * Names of columns in keys and constraints are brought to the form in which the table declares
 * them, names of parents are left as written (a finishing step of the reader knows all tables).
 */
mig_status mig_sqlite_ddl_table(mig_schema *schema, const char *name, const char *sql,
                                mig_error *err) MIG_CHECKED;
mig_status mig_sqlite_ddl_index(mig_schema *schema, const char *name, const char *sql,
                                mig_error *err) MIG_CHECKED;
mig_status mig_sqlite_ddl_view(mig_schema *schema, const char *name, const char *sql,
                               mig_error *err) MIG_CHECKED;

/*
 * Brings parents of foreign keys and their columns to the names of the tables in the schema, which
 * SQLite takes in any case of ASCII letters, and views into an order in which they can be made.
 * False without memory.
 */
bool mig_sqlite_ddl_finish(mig_schema *schema);

#endif
