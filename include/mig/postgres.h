/*
 * postgres.h - PostgreSQL databases as sources and as targets.
 */
#ifndef MIG_POSTGRES_H
#define MIG_POSTGRES_H

#include "mig/glob.h"
#include "mig/sink.h"

/*
 * Connects.  `conninfo` as below.  Read is the schema of that name, or without one (also NULL) the
 * one that current_schema() names; MIG_E_SCHEMA without it, MIG_E_RIGHTS if the role may not use
 * it.  Several names, or a glob, are several schemas: what stands in them is called "schema_table"
 * by catalog() and schema(), and MIG_E_SCHEMA is told where two get the same name by that.  A
 * standby will do.  Nothing is changed: all transactions are READ ONLY.
 */
mig_status mig_postgres_source_open(const char *conninfo, const mig_patterns *schemas,
                                    mig_source **sourcep, mig_error *err) MIG_CHECKED;

/* The names of the schemas that are read, if they are several: "audit, sales"; else NULL.  Lives as
 * long as the source. */
const char *mig_postgres_source_schemas(const mig_source *source);

/* What the user should know about the source, or NULL.  Lives as long as the source, which must be
 * one that mig_postgres_source_open() made. */
const char *mig_postgres_source_warning(const mig_source *source);

/* What a source holds beside the rows of its schema's tables. */
typedef enum mig_postgres_beside {
    MIG_POSTGRES_BESIDE_OBJECTS, /* functions, triggers, types ...; a mirrored schema tells by
                                    itself */
    MIG_POSTGRES_BESIDE_SCHEMAS, /* tables of other schemas */
} mig_postgres_beside;

/* The same for what a copy does not bring along: a line, or NULL. */
const char *mig_postgres_source_note(const mig_source *source, mig_postgres_beside what);

/*
 * Connects.  `conninfo` is a URI or keyword string, passed to libpq as it is (PostgreSQL manual,
 * "Connection Strings"); `schema` as above.  Every connection gets the settings of
 * postgres/session.c, whatever the server's defaults say.
 */
mig_status mig_postgres_sink_open(const char *conninfo, const char *schema, mig_sink **sinkp,
                                  mig_error *err) MIG_CHECKED;

/*
 * A table of the target schema with a row for each relation ("relation", its name) that make_schema
 * has made and finish has not yet been called for: a run that ended between them has left it, and
 * its tables may lack rows, keys and whatever else comes after the rows.
 */
#define MIG_UNFINISHED_TABLE "db_migrate_unfinished"

/* What DDL for the target depends on: its version as PQserverVersion() has it (150004), and whether
 * it has collations of ICU.  The sink must be one that mig_postgres_sink_open() made. */
void mig_postgres_sink_facts(const mig_sink *sink, int *versionp, bool *icup);

/*
 * From here on the sink does everything in one transaction, on one connection, which commit() ends:
 * all or nothing.  One writer, no journal.  Before anything is changed.
 */
void mig_postgres_sink_atomic(mig_sink *sink);

/*
 * Whether two connection strings lead to the same database, however they are spelled: an advisory
 * lock with a random key taken through the one is looked for through the other.
 */
mig_status mig_postgres_same_database(const char *one, const char *other, bool *samep,
                                      mig_error *err) MIG_CHECKED;

/* The libpq the program runs with: "15.18". */
const char *mig_postgres_version(void);

#endif
