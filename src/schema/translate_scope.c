/*
 * translate_scope.c - finding what a name of a query means.
 *
 * From the innermost scope outwards; within one, exactly one relation may have
 * the column.
 */
#include "translate_scope.h"

#include <string.h>

bool
mig__same_name(const mig__translating *tr, const char *a, const char *b)
{
    return tr->translation->from == MIG_DIALECT_SQLITE ? mig__same_word(a, b) : strcmp(a, b) == 0;
}

bool
mig__relation_find(mig__translating *tr, const mig__relation *relation, const char *name,
                   mig_translated_column *found)
{
    const mig_translation *translation = tr->translation;

    if (relation->table != NULL) {
        if (!translation->column(translation->arg, relation->table, name, found))
            return false;
    } else {
        size_t i = 0;

        while (i < relation->n_columns && !mig__same_name(tr, relation->columns[i].name, name))
            i++;
        if (i == relation->n_columns)
            return false;
        *found = relation->columns[i].column;
    }
    if (relation->nullable)
        found->not_null = false;
    return true;
}

static bool
is_merged(const mig__translating *tr, const mig__scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->n_merged; i++)
        if (mig__same_name(tr, scope->merged[i], name))
            return true;
    return false;
}

/* In how many relations of the scope it is found; the text is that of the last one. */
static size_t
find_in(mig__translating *tr, const mig__scope *scope, const mig__node *node,
        mig_translated_column *found, const char **textp)
{
    size_t n = 0;

    for (size_t i = 0; i < scope->n_relations; i++) {
        const mig__relation  *relation = &scope->relations[i];
        mig_translated_column column = {0};

        if ((node->qualifier != NULL && !mig__same_name(tr, relation->name, node->qualifier)) ||
            !mig__relation_find(tr, relation, node->text, &column))
            continue;
        n++;
        *found = column;
        *textp = mig__say(tr, "%s.%s", relation->label, mig__identifier(tr, column.name));
    }
    if (n > 1 && node->qualifier == NULL && is_merged(tr, scope, node->text)) {
        *textp = mig__identifier(tr, found->name);
        found->not_null = false;
        return 1;
    }
    return n;
}

bool
mig__scope_find(mig__translating *tr, const mig__node *node, mig_translated_column *found,
                const char **textp)
{
    for (const mig__scope *scope = tr->scope; scope != NULL; scope = scope->outer) {
        size_t n = find_in(tr, scope, node, found, textp);

        if (n > 1)
            return mig__refuse(tr, "the column %s of more than one table", node->text);
        if (n == 1)
            return true;
    }
    return false;
}

const mig__relation *
mig__scope_with(const mig__translating *tr, const char *name)
{
    for (const mig__scope *scope = tr->scope; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < scope->n_withs; i++)
            if (mig__same_name(tr, scope->withs[i].name, name))
                return &scope->withs[i];
    return NULL;
}

const mig__piece *
mig__scope_alias(const mig__translating *tr, const char *name)
{
    for (size_t i = 0; tr->scope != NULL && i < tr->scope->n_aliases; i++)
        if (mig__same_name(tr, tr->scope->aliases[i].name, name))
            return &tr->scope->aliases[i].piece;
    return NULL;
}
