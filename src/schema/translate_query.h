/*
 * translate_query.h - translating queries: translate_query.c, translate_from.c.
 */
#ifndef MIG__TRANSLATE_QUERY_H
#define MIG__TRANSLATE_QUERY_H

#include "translate_scope.h"

/* What a query gives. */
typedef struct mig__query_result {
    const char         *text;
    mig__result_column *columns;
    mig__piece         *pieces; /* beside columns: of its first SELECT */
    size_t              n_columns;
    bool                one_row; /* an aggregate without GROUP BY, or LIMIT 1 */
} mig__query_result;

/* One SELECT on its way. */
typedef struct mig__selected {
    const char         *text;
    mig__result_column *columns;
    mig__piece         *pieces;
    size_t              n;
    bool                one_row, grouped;
} mig__selected;

bool mig__query_translate(mig__translating *tr, const mig__query *query, mig__query_result *result);

/* translate_group.c: the terms of GROUP BY; whether all results hang on them alone. */
bool mig__query_group_by(mig__translating *tr, const mig__select *select, mig__selected *s,
                         const char ***groupsp);
bool mig__query_check_groups(mig__translating *tr, const mig__select *select, mig__selected *s,
                             const char *const *groups);
/* Whether values of the piece are told apart in both dialects alike. */
bool mig__query_distinguishes(mig__translating *tr, const mig__piece *piece);

/* EXISTS (...), and a query as a value. */
bool mig__query_value(mig__translating *tr, const mig__node *node, mig__piece *out);

/* value IN (query). */
bool mig__query_in(mig__translating *tr, const mig__node *node, mig__piece *out);

/* Adds FROM's relations to the scope, and its text to *textp. */
bool mig__from_translate(mig__translating *tr, mig__scope *scope, const mig__from *from, size_t n,
                         const char **textp);

/* An expression in the target, by the direction. */
bool mig__value(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__condition(mig__translating *tr, const mig__node *node, const char **textp);

#endif
