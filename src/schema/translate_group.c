/*
 * translate_group.c - aggregates, and what may stand beside them.
 *
 * SQLite takes a column that is neither grouped nor aggregated from any row of
 * the group; PostgreSQL refuses it.
 *
 * Source: SQLite, "SELECT", 2.4 and 2.5.
 */
#include <string.h>

#include "translate_query.h"

/* ---- aggregates ------------------------------------------------------------------------- */

static bool
is_aggregate(const mig__node *node)
{
    static const char *const names[] = {"count", "sum", "total", "avg", "group_concat"};

    if (node->kind != MIG_NODE_CALL)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(node->text, names[i]) == 0)
            return true;
    return (strcmp(node->text, "min") == 0 || strcmp(node->text, "max") == 0) && node->n_args == 1;
}

static bool
has_aggregate(const mig__node *node)
{
    if (is_aggregate(node))
        return true;
    for (size_t i = 0; i < node->n_args; i++)
        if (has_aggregate(node->args[i]))
            return true;
    return false;
}

/* Whether all that the expression hangs on is grouped or aggregated. */
static bool
is_settled(mig__translating *tr, const mig__node *node, const char *const *groups, size_t n)
{
    mig__piece piece;

    if (is_aggregate(node))
        return true;
    if (node->kind == MIG_NODE_STAR || node->query != NULL)
        return false;
    if (!mig__value(tr, node, &piece))
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(piece.text, groups[i]) == 0)
            return true;
    if (node->kind == MIG_NODE_COLUMN && !piece.literal)
        return false;
    for (size_t i = 0; i < node->n_args; i++)
        if (!is_settled(tr, node->args[i], groups, n))
            return false;
    return true;
}

/* Whether values of the piece are told apart in both dialects alike. */
bool
mig__query_distinguishes(mig__translating *tr, const mig__piece *piece)
{
    if (piece->kind == MIG_KIND_JSON || piece->kind == MIG_KIND_JSONB ||
        piece->kind == MIG_KIND_OTHER || piece->collation != MIG_COLLATION_NONE)
        return mig__refuse(tr, "%s that are told apart by DISTINCT, GROUP BY or UNION",
                           piece->collation != MIG_COLLATION_NONE ? "texts under a collation"
                                                                  : "values of a type");
    return true;
}

/* A term of GROUP BY: a number is a result, and a name may be one. */
static bool
group_term(mig__translating *tr, const mig__selected *s, const mig__node *node, mig__piece *out)
{
    const mig__piece *alias = NULL;
    int64_t           nth;

    if (node->kind == MIG_NODE_NUMBER) {
        if (!mig__is_integer(node->text, &nth) || nth < 1 || (size_t)nth > s->n)
            return mig__refuse(tr, "GROUP BY %s", node->text);
        *out = s->pieces[nth - 1];
        return true;
    }
    if (node->kind == MIG_NODE_COLUMN && node->qualifier == NULL)
        alias = mig__scope_alias(tr, node->text);
    if (alias != NULL) {
        mig_translated_column column;
        const char           *text;

        /* A column of that name comes first. */
        if (!mig__scope_find(tr, node, &column, &text) && tr->why->len == 0) {
            *out = *alias;
            return true;
        }
    }
    return mig__value(tr, node, out);
}

bool
mig__query_group_by(mig__translating *tr, const mig__select *select, mig__selected *s,
                    const char ***groupsp)
{
    const char **groups = mig__arena_take(tr->arena, (select->n_group + 1) * sizeof *groups);

    *groupsp = groups;
    if (groups == NULL)
        return false;
    for (size_t i = 0; i < select->n_group; i++) {
        mig__piece piece;

        if (!group_term(tr, s, select->group[i], &piece) || !mig__query_distinguishes(tr, &piece))
            return false;
        /* PostgreSQL takes a bare constant for the number of a result. */
        if (piece.literal && tr->translation->to == MIG_DIALECT_POSTGRES) {
            if (piece.kind != MIG_KIND_TEXT)
                return mig__refuse(tr, "GROUP BY a constant");
            piece.text = mig__say(tr, "%s::text", piece.text);
        }
        groups[i] = piece.text;
    }
    return true;
}

bool
mig__query_check_groups(mig__translating *tr, const mig__select *select, mig__selected *s,
                        const char *const *groups)
{
    s->grouped = select->n_group > 0 || select->having != NULL;
    for (size_t i = 0; i < select->n_results; i++)
        s->grouped = s->grouped || has_aggregate(select->results[i].value);
    s->one_row = s->grouped && select->n_group == 0;
    if (!s->grouped || tr->translation->to != MIG_DIALECT_POSTGRES)
        return true;
    for (size_t i = 0; i < select->n_results; i++)
        if (!is_settled(tr, select->results[i].value, groups, select->n_group))
            return mig__refuse(tr, "a column that is neither grouped nor aggregated");
    if (select->having != NULL && !is_settled(tr, select->having, groups, select->n_group))
        return mig__refuse(tr, "a column that is neither grouped nor aggregated");
    return true;
}
