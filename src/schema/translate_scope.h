/*
 * translate_scope.h - what the names of a query mean.
 *
 * A query's FROM opens a scope; subqueries see those around theirs.  A relation
 * is a table or view of the schema, whose columns the caller knows, or a query
 * inside of this one, whose columns were found when it was translated.
 */
#ifndef MIG__TRANSLATE_SCOPE_H
#define MIG__TRANSLATE_SCOPE_H

#include "translating.h"

/* One column of a query's result. */
typedef struct mig__result_column {
    const char           *name;   /* in the source, and in the target too where it is an alias */
    mig_translated_column column; /* name: in the target */
} mig__result_column;

/* A relation of FROM, or a query that WITH gave a name. */
typedef struct mig__relation {
    const char         *name;  /* by which columns are qualified, in the source */
    const char         *label; /* the same in the target, as SQL */
    const char         *table; /* the schema's; NULL: a query's, with the columns here */
    mig__result_column *columns;
    size_t              n_columns;
    bool                nullable; /* of an outer join's other side */
} mig__relation;

typedef struct mig__alias {
    const char *name;
    mig__piece  piece;
} mig__alias;

#define MIG_SCOPE_MAX 32 /* relations of one FROM, queries of one WITH, results of one SELECT */

struct mig__scope {
    const mig__scope *outer;
    mig__relation     relations[MIG_SCOPE_MAX];
    size_t            n_relations;
    mig__relation     withs[MIG_SCOPE_MAX]; /* for FROM of this query and those inside of it */
    size_t            n_withs;
    mig__alias        aliases[MIG_SCOPE_MAX]; /* of results, where names may mean them */
    size_t            n_aliases;
    const char       *merged[MIG_SCOPE_MAX]; /* columns of USING, which belong to no side */
    size_t            n_merged;
};

/* False: there is none, or more than one (told as a refusal). */
bool mig__scope_find(mig__translating *tr, const mig__node *node, mig_translated_column *found,
                     const char **textp);

/* The column of one relation. */
bool mig__relation_find(mig__translating *tr, const mig__relation *relation, const char *name,
                        mig_translated_column *found);

/* The innermost query of that name in WITH, or NULL. */
const mig__relation *mig__scope_with(const mig__translating *tr, const char *name);

/* The result that a name means, or NULL. */
const mig__piece *mig__scope_alias(const mig__translating *tr, const char *name);

/* Whether names are equal: in any case of ASCII letters in SQLite. */
bool mig__same_name(const mig__translating *tr, const char *a, const char *b);

#endif
