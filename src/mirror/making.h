/*
 * making.h - a mirror under way.
 *
 * Made by mirror.c, which calls the steps below in their order; each adds to
 * the target's schema and to the decisions.  Until the last one the target's
 * tables stand beside mirror->tables.
 *
 * A failure is sticky: the first one stays in `st`, with its story in `err`,
 * and what later steps do does not count.  So there is no test after each
 * piece; mirror.c looks after each step.
 */
#ifndef MIG_MIRROR_MAKING_H
#define MIG_MIRROR_MAKING_H

#include "mig/mirror.h"
#include "mig/translate.h"
#include "name_set.h"

/* One column of a wanted table; all of them stand in one list. */
typedef struct mig__making_column {
    const mig_column        *source;
    const mig_schema_column *from;
    const mig_survey_column *survey;  /* or NULL */
    const mig_cast          *cast;    /* that says the type, or NULL */
    size_t                   table;   /* position in mirror->tables */
    mig_type_choice         *choices; /* its ladder, or what the cast says alone; empty where types
                                         are not chosen */
    size_t      n_choices;
    const char *type;     /* as the target's schema has it, when it is known */
    bool        keyed;    /* in a key or an index */
    bool        computed; /* the target computes it */
    bool        refers;   /* to another column */
    bool        grouped;  /* it refers to another one, or is referred to */
    size_t      group;    /* the first column of those that refer to each other */
} mig__making_column;

typedef struct mig__making_table {
    const mig_table        *source;
    const mig_schema_table *from;
    const mig_survey_table *survey;      /* or NULL */
    mig__making_column     *columns;     /* beside source->columns */
    mig__name_set           constraints; /* names that are taken */
} mig__making_table;

typedef struct mig__making {
    const mig_schema       *schema;
    const mig_catalog      *catalog;
    const mig_survey       *survey; /* or NULL */
    const mig_mirror_rules *rules;
    bool                    same; /* source and target have one dialect */
    mig_frameworks          frameworks;

    mig_mirror         *mirror;
    mig_schema         *out;    /* mirror->schema */
    mig__making_table  *tables; /* beside mirror->tables */
    mig__making_column *columns;
    size_t              n_columns;
    mig__name_set       relations;   /* names that are taken in the target's schema */
    const char        **index_names; /* beside schema->indexes; NULL: it is not wanted */
    const char        **view_names;  /* beside schema->objects; NULL: it is no view */
    bool               *view_made;   /* the same: it is in the target's schema */
    bool                nocase;      /* the collation is needed */
    mig_buf             misfits;     /* columns that no type takes */

    /* What an expression under way may mean. */
    size_t scope;          /* the table it stands in, or n_tables */
    bool   meets_computed; /* it has a column that the target computes */
    bool   gives_text;     /* of an index to PostgreSQL: its value is one */

    mig_status st;
    mig_error *err;
} mig__making;

/* ---- decisions.c: what is told, and where it stands --------------------------------------- */

/* Texts live as long as the mirror; "" without memory. */
const char *mig__making_keep(mig__making *m, const char *text);
const char *mig__making_print(mig__making *m, const char *fmt, ...) MIG_PRINTF(2, 3);
const char *mig__making_take(mig__making *m, mig_buf *text); /* empties it */

/* Without memory; `pointer` NULL says so. */
bool mig__making_has(mig__making *m, const void *pointer);

/* Texts as mig__making_keep, or static, or the source's. */
void mig__making_tell(mig__making *m, mig_decision decision);

/* "column hosts.port": by the target's names. */
const char *mig__making_what(mig__making *m, const mig__making_column *column);

static inline const mig_mirror_table *
mig__making_target(const mig__making *m, const mig__making_table *table)
{
    return &m->mirror->tables[table - m->tables];
}

/* The column as the mirror has it: its name and type. */
static inline mig_mirror_column *
mig__making_column_of(const mig__making *m, const mig__making_column *column)
{
    return &m->mirror->tables[column->table].columns[column - m->tables[column->table].columns];
}

/* The target's table, until the schema is finished. */
static inline mig_schema_table *
mig__making_out(const mig__making *m, const mig__making_table *table)
{
    return &m->out->tables[table - m->tables];
}

/* By names of the source; SQLite's in any case.  NULL if it is not there or not wanted. */
mig__making_table  *mig__making_find(const mig__making *m, const char *table);
mig__making_column *mig__making_find_column(const mig__making *m, const mig__making_table *table,
                                            const char *column);

/* ---- the steps ---------------------------------------------------------------------------- */

/* begin.c: lists the wanted tables and their columns. */
void mig__making_begin(mig__making *m);
void mig__making_end(mig__making *m); /* frees what is not the mirror's */

/* names.c: names of tables, columns, views and indexes. */
void mig__making_names(mig__making *m);

/* A free name in a set for what the source calls `wanted`; told where it differs. `kind`: "index",
 * or NULL where the source has no name for it. */
const char *mig__making_claim(mig__making *m, mig__name_set *taken, const char *wanted,
                              const char *kind, const char *table);

/* Whether the target takes it as the name of a table or column. */
bool mig__name_is_good(const mig__making *m, const char *name, bool column);

/* rename.c: what --rename says of a column, or of the table (NULL); NULL: nothing. */
const char *mig__making_renamed(const mig__making *m, const mig_table *table, const char *column);
void        mig__making_check_renames(mig__making *m);

/* ladders.c: the types that each column may get. */
void mig__making_ladders(mig__making *m);

/* The types that columns which refer to each other may get together; *choicesp is the caller's to
 * free(). */
void mig__making_group_choices(mig__making *m, size_t group, mig_type_choice **choicesp,
                               size_t *n_choicesp);

/* Adds all wanted tables and their trials. */
void mig__making_survey(mig__making *m, mig_survey *survey);

bool mig__same_choice(const mig_type_choice *one, const mig_type_choice *other);

/* The position in the column's trials; SIZE_MAX: it was not tried. */
size_t mig__making_trial(const mig__making_column *column, const mig_type_choice *group,
                         size_t n_group, const mig_type_choice *choice);

/* types.c: chooses them. */
void mig__making_types(mig__making *m);

/* columns.c: the target's tables with their columns. */
void mig__making_columns(mig__making *m);

/* The source's collation as SQL of the target, or NULL with why there is none in *whyp. */
const char *mig__making_collation(mig__making *m, const char *collation, const char **whyp);

/* PostgreSQL: the name of the collation that stands for NOCASE, as SQL; NULL: it has none. */
const char *mig__making_nocase_name(mig__making *m);

/* indexes.c */
void mig__making_indexes(mig__making *m);

/* One part of a key or an index (`what`) in the target; NULL, or why it cannot be. */
const char *mig__making_part(mig__making *m, const mig__making_table *table,
                             const mig_key_part *part, const char *what, mig_key_part *out);

/* keys.c: primary keys, unique constraints, checks. */
void mig__making_keys(mig__making *m);

/* The target's name for a constraint; to SQLite "" where the source has none. */
const char *mig__making_constraint_name(mig__making *m, mig__making_table *table,
                                        const mig_constraint *from);

/* references.c: foreign keys. */

/* The nth column of one and what it refers to; false where either is not there or not wanted. */
bool mig__making_reference(const mig__making *m, const mig__making_table *table,
                           const mig_constraint *key, size_t nth, mig__making_column **columnp,
                           mig__making_column **parentp);

void mig__making_references(mig__making *m);

/* objects.c: types, views, and all that is not carried over. */
void mig__making_user_types(mig__making *m);
void mig__making_objects(mig__making *m);

/* expected.c: the catalog and the casts. */
void mig__making_expect(mig__making *m);

/* ---- scope.c: expressions ----------------------------------------------------------------- */

/* An expression of the source, and what it belongs to. */
typedef struct mig__phrase {
    const mig__making_table  *table; /* or NULL */
    const char               *expression;
    mig_translate_use         use;
    const mig__making_column *of;   /* DEFAULT, GENERATED: that gets the value; or NULL */
    const char               *what; /* for notes: "check hosts_port_check" */
} mig__phrase;

/* The expression in the target's words, or NULL with why it has none there in *whyp.  A note of the
 * translation is told. */
const char *mig__making_translate(mig__making *m, const mig__phrase *phrase, const char **whyp);

/* The same for a query. */
const char *mig__making_translate_query(mig__making *m, const char *query, const char *what,
                                        const char **whyp);

/* Whether a text of the source can stay as it is in the target's database of the same kind; else
 * why not.  `table`: that its bare columns are of, or NULL: any. */
const char *mig__making_verbatim(mig__making *m, const mig__making_table *table, const char *text);

#endif
