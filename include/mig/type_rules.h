/*
 * type_rules.h - which type a mirrored column gets in the other database.
 *
 * One table of rules (docs/types.md, "Mirrored types"): declared type and
 * affinity, and the conventions of the libraries that people use, where it is
 * sure which one made the schema.  A SQLite column is first checked against its
 * values (survey.h): so a rule gives a ladder, the wanted type first, then what
 * holds more.
 *
 * Pure; any thread.
 */
#ifndef MIG_TYPE_RULES_H
#define MIG_TYPE_RULES_H

#include "mig/buf.h"
#include "mig/convert.h"
#include "mig/schema.h"

/* The libraries whose mark a schema bears: mostly the table of their migrations. */
typedef struct mig_frameworks {
    bool seaorm, django, rails, alembic, prisma, diesel, gorm, ecto, typeorm, doctrine, room,
        efcore;
} mig_frameworks;

mig_frameworks mig_frameworks_of(const mig_schema *schema);

/* "Django, Rails": for the plan. */
void mig_frameworks_name(const mig_frameworks *frameworks, mig_buf *out);

#define MIG_TYPE_LADDER_MAX 9
#define MIG_TYPE_TEXT_MAX   64

/* One type that a column may get. */
typedef struct mig_type_choice {
    char          type[MIG_TYPE_TEXT_MAX]; /* as format_type() writes it: "character varying(20)" */
    char          base[MIG_TYPE_TEXT_MAX]; /* as mig_column.base: "pg_catalog.varchar" */
    mig_wire_type wire;                    /* how its values travel */
    mig_limits    limits;
    unsigned      rules; /* MIG_RULE_ bits that its values need (number, utf8): told in the plan */
    mig_unit      unit;  /* of numbers that stand for times */
    const char   *why;   /* "declared boolean (Django)"; static */
} mig_type_choice;

/*
 * SQLite -> PostgreSQL: the ladder for a column, best first; never empty.  The last one takes every
 * value that PostgreSQL can hold in one column, which leaves numbers beside bytes that are no text:
 * no type has both.  The declared type alone decides where values are not to be looked at
 * (--infer declared): then the first counts.
 *
 * A step by which a trial would change numbers or drop something (mig_trial.n_losses of
 * BOOL_FOLDED, FLOAT4_ROUNDED, NEGATIVE_ZERO, XML_DECLARATION) is to be passed over for a later
 * one: boolean is tried on columns of numbers and real on ones of doubles.  What else a trial
 * counts is told. Trials find no fault in LITERAL steps (arrays, ranges): what those hold is the
 * server's to judge.
 */
size_t mig_type_ladder(const mig_frameworks *frameworks, const mig_schema_table *table,
                       const mig_schema_column *column,
                       mig_type_choice          choices[MIG_TYPE_LADDER_MAX]);

/*
 * A PostgreSQL type that a user (--cast) or a ladder names, in any of its usual spellings ("int",
 * "varchar(20)", "timestamptz"): its canonical text, wire type and limits.  False for a type that
 * is not known here.
 */
bool mig_type_of_name(const char *text, mig_type_choice *choice);

/*
 * PostgreSQL -> SQLite: the declared type, such that its affinity leaves the values as they are, a
 * client library finds the form it expects, and the rules above lead back to the same type.  `base`
 * is the catalog's mig_column.base (domains resolved).  `check` gets the condition an enum or a
 * domain becomes, in PostgreSQL's dialect, or nothing.
 */
bool mig_type_for_sqlite(const mig_schema *schema, const mig_schema_column *column,
                         const mig_column *catalog, mig_buf *type, mig_buf *check);

/* The default that the column has from its type, a domain, or NULL; its own comes first. */
const char *mig_type_default(const mig_schema *schema, const mig_schema_column *column);

/* The affinity of a declared type ("Datatypes In SQLite", 3.1). */
mig_affinity mig_affinity_of(const char *declared);

#endif
