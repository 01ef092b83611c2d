/*
 * translate_from.c - FROM in the other dialect.
 *
 * Both join from left to right, but PostgreSQL joins before it takes a comma
 * for one: so a comma, and a JOIN without condition, become CROSS JOIN.  A
 * relation keeps the name by which its columns are qualified, unless that was
 * its own and is another one now.
 *
 * Sources: SQLite, "SELECT", 2.2; PostgreSQL manual, "Table Expressions".
 */
#include "translate_query.h"

static mig__relation *
add_relation(mig__translating *tr, mig__scope *scope, const char *name, const char *label)
{
    mig__relation *relation;

    if (scope->n_relations == MIG_SCOPE_MAX) {
        mig__refuse(tr, "more than %d tables in one FROM", MIG_SCOPE_MAX);
        return NULL;
    }
    for (size_t i = 0; i < scope->n_relations; i++)
        if (name != NULL && mig__same_name(tr, scope->relations[i].name, name)) {
            mig__refuse(tr, "two tables of the name %s in one FROM", name);
            return NULL;
        }
    relation = &scope->relations[scope->n_relations++];
    *relation = (mig__relation){.name = name, .label = label};
    return relation;
}

/* ---- one relation ----------------------------------------------------------------------- */

static bool
table(mig__translating *tr, mig__scope *scope, const mig__from *from, const char **textp)
{
    const mig_translation *translation = tr->translation;
    const mig__relation   *with = from->schema == NULL ? mig__scope_with(tr, from->table) : NULL;
    const char            *name =
        with != NULL ? from->table : translation->table(translation->arg, from->table);
    const char    *label;
    mig__relation *relation;

    if (name == NULL)
        return mig__refuse(tr, "there is no table %s in the target", from->table);
    label = mig__identifier(tr, from->alias != NULL ? from->alias : name);
    relation = add_relation(tr, scope, from->alias != NULL ? from->alias : from->table, label);
    if (relation == NULL)
        return false;
    if (with != NULL) {
        relation->columns = with->columns;
        relation->n_columns = with->n_columns;
    } else {
        relation->table = from->table;
    }
    *textp = mig__identifier(tr, name);
    if (with == NULL && translation->target_schema != NULL &&
        translation->to == MIG_DIALECT_POSTGRES)
        *textp = mig__say(tr, "%s.%s", mig__identifier(tr, translation->target_schema), *textp);
    if (from->alias != NULL)
        *textp = mig__say(tr, "%s AS %s", *textp, label);
    return true;
}

/* It does not see the relations beside it, only what is around the whole query. */
static bool
derived(mig__translating *tr, mig__scope *scope, const mig__from *from, const char **textp)
{
    mig__scope       *around = mig__arena_take(tr->arena, sizeof *around);
    const char       *alias = from->alias;
    mig__query_result result;
    mig__relation    *relation;
    bool              translated;

    if (around == NULL)
        return false;
    *around = *scope;
    around->n_relations = around->n_aliases = around->n_merged = 0;
    tr->scope = around;
    translated = mig__query_translate(tr, from->query, &result);
    tr->scope = scope;
    if (!translated)
        return false;
    if (alias == NULL)
        alias = mig__say(tr, "query_%zu", scope->n_relations + 1);
    relation = add_relation(tr, scope, alias, mig__identifier(tr, alias));
    if (relation == NULL)
        return false;
    relation->columns = result.columns;
    relation->n_columns = result.n_columns;
    *textp = mig__say(tr, "(%s) AS %s", result.text, relation->label);
    return true;
}

static bool
relation_of(mig__translating *tr, mig__scope *scope, const mig__from *from, const char **textp)
{
    if (from->query != NULL)
        return derived(tr, scope, from, textp);
    if (from->group == NULL)
        return table(tr, scope, from, textp);
    if (from->alias != NULL)
        return mig__refuse(tr, "a join in parentheses with a name");
    if (!mig__from_translate(tr, scope, from->group, from->n_group, textp))
        return false;
    *textp = mig__say(tr, "(%s)", *textp);
    return true;
}

/* ---- joins ------------------------------------------------------------------------------ */

static bool
using_clause(mig__translating *tr, mig__scope *scope, const mig__from *from, const char **textp)
{
    const char **names = mig__arena_take(tr->arena, from->n_using * sizeof *names);

    if (names == NULL)
        return false;
    for (size_t i = 0; i < from->n_using; i++) {
        mig_translated_column found = {.name = NULL};

        for (size_t r = 0; r < scope->n_relations; r++) {
            mig_translated_column one = {.name = NULL};

            if (!mig__relation_find(tr, &scope->relations[r], from->using[i], &one))
                continue;
            if (found.name != NULL &&
                (mig__same_word(found.name, one.name) == false || found.wire != one.wire ||
                 found.collation != NULL || one.collation != NULL))
                return mig__refuse(tr, "USING of columns that are no longer alike");
            found = one;
        }
        if (found.name == NULL || scope->n_merged == MIG_SCOPE_MAX)
            return mig__refuse(tr, "USING of a column that is not there");
        names[i] = mig__identifier(tr, found.name);
        scope->merged[scope->n_merged++] = from->using[i];
    }
    *textp = mig__say(tr, " USING (%s)", mig__join(tr, names, from->n_using, ", "));
    return true;
}

/* Relations from `first` on are the right side. */
static void
mark_nullable(mig__scope *scope, mig__join_kind kind, size_t first)
{
    for (size_t i = 0; i < scope->n_relations; i++)
        if (kind == MIG_JOIN_FULL || (kind == MIG_JOIN_LEFT && i >= first) ||
            (kind == MIG_JOIN_RIGHT && i < first))
            scope->relations[i].nullable = true;
}

static const char *
join_words(const mig__from *from)
{
    switch (from->kind) {
    case MIG_JOIN_COMMA:
    case MIG_JOIN_INNER:
    case MIG_JOIN_CROSS:
        return from->on != NULL || from->n_using > 0 ? "JOIN" : "CROSS JOIN";
    case MIG_JOIN_LEFT:
        return "LEFT JOIN";
    case MIG_JOIN_RIGHT:
        return "RIGHT JOIN";
    case MIG_JOIN_FULL:
        return "FULL JOIN";
    }
    return "";
}

static bool
joined(mig__translating *tr, mig__scope *scope, const mig__from *from, bool first,
       const char **textp)
{
    size_t      n_before = scope->n_relations;
    const char *condition = "";

    if (from->natural)
        return mig__refuse(tr, "NATURAL JOIN");
    if (!relation_of(tr, scope, from, textp))
        return false;
    if (first)
        return from->on == NULL || mig__refuse(tr, "ON of the first table");
    mark_nullable(scope, from->kind, n_before);
    if (from->on != NULL) {
        if (!mig__condition(tr, from->on, &condition))
            return false;
        condition = mig__say(tr, " ON %s", condition);
    } else if (from->n_using > 0) {
        if (!using_clause(tr, scope, from, &condition))
            return false;
    } else if (from->kind == MIG_JOIN_LEFT || from->kind == MIG_JOIN_RIGHT ||
               from->kind == MIG_JOIN_FULL) {
        condition = tr->translation->to == MIG_DIALECT_POSTGRES ? " ON true" : " ON 1";
    }
    *textp = mig__say(tr, " %s %s%s", join_words(from), *textp, condition);
    return true;
}

bool
mig__from_translate(mig__translating *tr, mig__scope *scope, const mig__from *from, size_t n,
                    const char **textp)
{
    const char *text = "";

    for (size_t i = 0; i < n; i++) {
        const char *one = NULL;

        if (!joined(tr, scope, &from[i], i == 0, &one))
            return false;
        text = mig__say(tr, "%s%s", text, one);
    }
    *textp = text;
    return true;
}
