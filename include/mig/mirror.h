/*
 * mirror.h - a schema made again in another database.
 *
 * The source's schema, the types that were chosen, and what the user wants of
 * names give the target's schema: again a mig_schema, in the target's dialect.
 * What is not carried over, and what had to be decided, is a list of its own:
 * it stands in the plan, in the report and as comments in the DDL; nothing is
 * left out in silence.
 *
 * Pure; any thread.
 */
#ifndef MIG_MIRROR_H
#define MIG_MIRROR_H

#include "mig/ddl.h"
#include "mig/glob.h"
#include "mig/migrate.h"
#include "mig/schema.h"
#include "mig/survey.h"
#include "mig/type_rules.h"

/* ---- what the user wants ----------------------------------------------------------------- */

/* --rename TABLE=NAME or TABLE.COLUMN=NAME: names as in the source, exact, in any case of ASCII
 * letters where one alone fits; double quotes around parts that hold points or signs. */
typedef struct mig_rename {
    char *table;
    char *column; /* NULL: the table itself */
    char *name;
} mig_rename;

mig_status mig_rename_parse(const char *text, mig_rename *rename, mig_error *err) MIG_CHECKED;
void       mig_rename_fini(mig_rename *rename);

typedef struct mig_mirror_rules {
    const mig_plan_rules *plan;    /* which tables are wanted, what columns are cast to */
    const mig_rename     *renames; /* a rename that means nothing is MIG_E_USAGE */
    size_t                n_renames;
    bool                  fold_case; /* names of ASCII letters become lower case */
    mig_dialect           target;
    const char           *target_schema; /* PostgreSQL: the schema's name */
    int                   server;        /* PostgreSQL: its version number (150003), 0: unknown */
    bool                  icu;           /* PostgreSQL: it has collations of ICU */
} mig_mirror_rules;

/* ---- the target's schema ----------------------------------------------------------------- */

typedef enum mig_decision_kind {
    MIG_DECISION_TYPE,        /* a type other than the declared one says, and what forced it */
    MIG_DECISION_NAME,        /* a name that had to change */
    MIG_DECISION_CHANGED,     /* carried over in another form, which is told */
    MIG_DECISION_NOT_CARRIED, /* not carried over; `sql` is what it was.  With --strict an error */
} mig_decision_kind;

typedef struct mig_decision {
    mig_decision_kind kind;
    const char       *table; /* of the target, or NULL */
    const char       *what;  /* "index hosts_name_idx", "column hosts.port" */
    const char       *text;  /* "bigint, not integer: 3000000000 at rowid 12" */
    const char       *sql;   /* the source's own, or NULL */
} mig_decision;

typedef struct mig_mirror_column {
    const mig_column *source;
    const char       *name; /* the target's */
    mig_type_choice   type; /* to SQLite: its type alone */
} mig_mirror_column;

typedef struct mig_mirror_table {
    const mig_table   *source;
    const char        *name;    /* the target's */
    mig_mirror_column *columns; /* beside source->columns */
} mig_mirror_table;

/*
 * The target's schema, as its DDL takes it from here:
 *
 *   types, expressions, collations    SQL of the target, as it is to be written
 *   names                             without quotes
 *   constraints, indexes              to PostgreSQL each has a name of its own
 *   views                             `query`, `columns`; `sql` where it is the source's own
 *   triggers (SQLite to SQLite)       `sql`, to be run when the rows are there
 *   objects of kind OTHER             collations: `sql`, to be run before there are tables
 */
typedef struct mig_mirror {
    mig_schema       *schema; /* the target's */
    mig_mirror_table *tables; /* the wanted ones, in the source's order */
    size_t            n_tables;
    mig_decision     *decisions;
    size_t            n_decisions;

    /* What the plan needs: the target's catalog as it will be, with wire types and foreign keys,
     * and how columns are converted, to be put in front of the user's own casts. */
    mig_catalog *catalog;
    mig_cast    *casts;
    size_t       n_casts;
} mig_mirror;

/*
 * A survey of the wanted tables with a trial for each step of each column's ladder (one alone where
 * --cast says the type); to be run by the caller.  NULL where there is nothing to survey: the
 * source is typed, or both databases are of one kind.
 */
mig_status mig_mirror_survey(const mig_schema *schema, const mig_catalog *catalog,
                             const mig_mirror_rules *rules, mig_survey **surveyp,
                             mig_error *err) MIG_CHECKED;

/*
 * Makes the target's schema.  `survey` NULL: declared types alone decide.  MIG_E_DATA, all listed,
 * for columns of which no step of the ladder takes all values (with the row and the --cast that
 * would help); MIG_E_USAGE for renames that mean nothing or lead to the same name.
 *
 * Borrows from schema and catalog, which must outlive it.
 */
mig_status mig_mirror_make(const mig_schema *schema, const mig_catalog *catalog,
                           const mig_survey *survey, const mig_mirror_rules *rules,
                           mig_mirror **mirrorp, mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig_mirror_free(mig_mirror *mirror);

/*
 * The counterpart of each table and column by the mirror, which no case of letters decides: for
 * mig_plan_make with a target that a mirror made or will make.
 */
const mig_mirror_table *mig_mirror_find(const mig_mirror *mirror, const char *source_table);

/* ---- its DDL ------------------------------------------------------------------------------ */

/*
 * The statements that make the schema, each with its decisions: drops are not among them.  Names
 * are always quoted where they need it, types and expressions as the schema has them.
 */
mig_status mig_mirror_ddl(const mig_mirror *mirror, mig_ddl **ddlp, mig_error *err) MIG_CHECKED;

/*
 * The DDL as a file that a person can read, edit and run by psql or sqlite3: statements in order,
 * each decision as a comment above what it is about, what is not carried over at the end with its
 * SQL in comments.
 */
mig_status mig_mirror_print(const mig_mirror *mirror, const mig_ddl *ddl, const char *title,
                            mig_buf *out, mig_error *err) MIG_CHECKED;

#endif
