/*
 * translate_query.c - SELECT in the other dialect.
 *
 * Beyond the expressions the two differ in what may stand beside aggregates
 * (SQLite takes any column, of some row), where NULLs sort, how texts sort, which
 * types UNION brings together, and in the columns of `*`, which are written out.
 *
 * Sources: SQLite, "SELECT"; PostgreSQL manual, SELECT, "Combining Queries".
 */
#include "translate_query.h"

#include <string.h>

#include "translating_sqlite.h"

static bool
to_postgres(const mig__translating *tr)
{
    return tr->translation->to == MIG_DIALECT_POSTGRES;
}

bool
mig__value(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    return to_postgres(tr) ? mig__pg_value(tr, node, out) : mig__sqlite_value(tr, node, out);
}

bool
mig__condition(mig__translating *tr, const mig__node *node, const char **textp)
{
    return to_postgres(tr) ? mig__pg_condition(tr, node, textp)
                           : mig__sqlite_condition(tr, node, textp);
}

/* ---- one SELECT ------------------------------------------------------------------------- */

/* What a column of a query is where the query's own table is read again. */
static mig_translated_column
column_of(const mig__piece *piece, const char *name)
{
    static const mig_wire_type wires[] = {
        [MIG_KIND_NULL] = MIG_WIRE_TEXT,
        [MIG_KIND_BOOLEAN] = MIG_WIRE_BOOL,
        [MIG_KIND_INTEGER] = MIG_WIRE_INT8,
        [MIG_KIND_REAL] = MIG_WIRE_FLOAT8,
        [MIG_KIND_NUMERIC] = MIG_WIRE_NUMERIC,
        [MIG_KIND_TEXT] = MIG_WIRE_TEXT,
        [MIG_KIND_BLOB] = MIG_WIRE_BYTEA,
        [MIG_KIND_DATE] = MIG_WIRE_DATE,
        [MIG_KIND_TIME] = MIG_WIRE_TIME,
        [MIG_KIND_TIMESTAMP] = MIG_WIRE_TIMESTAMP,
        [MIG_KIND_TIMESTAMPTZ] = MIG_WIRE_TIMESTAMPTZ,
        [MIG_KIND_JSON] = MIG_WIRE_JSON,
        [MIG_KIND_JSONB] = MIG_WIRE_JSONB,
        [MIG_KIND_UUID] = MIG_WIRE_UUID,
        [MIG_KIND_OTHER] = MIG_WIRE_NONE,
    };
    mig_translated_column column = {.type = "",
                                    .wire = wires[piece->kind],
                                    .affinity = MIG_AFFINITY_BLOB,
                                    .not_null = piece->not_null};

    if (piece->column != NULL)
        column = *piece->column;
    column.name = name;
    return column;
}

static bool
add_result(mig__translating *tr, mig__selected *s, const mig__piece *piece, const char *source,
           const char *target)
{
    if (s->n == MIG_SCOPE_MAX * 8)
        return mig__refuse(tr, "more than %d columns", MIG_SCOPE_MAX * 8);
    s->columns[s->n] = (mig__result_column){.name = source, .column = column_of(piece, target)};
    s->pieces[s->n] = *piece;
    s->text = mig__say(tr, "%s%s%s AS %s", s->text, s->n > 0 ? ", " : "", piece->text,
                       mig__identifier(tr, target));
    s->n++;
    return true;
}

/* The columns of one relation, written out. */
static bool
expand(mig__translating *tr, mig__selected *s, const mig__relation *relation)
{
    const mig_translation *translation = tr->translation;
    mig_translated_column  column = {0};

    if (relation->table != NULL && translation->nth_column == NULL)
        return mig__refuse(tr, "the columns of * are not known");
    for (size_t i = 0;; i++) {
        mig_translated_column *kept = mig__arena_take(tr->arena, sizeof *kept);
        mig__piece             piece;
        const char            *source;

        if (kept == NULL)
            return false;
        if (relation->table == NULL && i == relation->n_columns)
            return true;
        if (relation->table == NULL)
            column = relation->columns[i].column;
        else if (!translation->nth_column(translation->arg, relation->table, i, &column))
            return true;
        source = relation->table == NULL ? relation->columns[i].name : column.name;
        *kept = column;
        piece =
            mig__tight_piece(mig__kind_of(column.wire), mig__say(tr, "%s.%s", relation->label,
                                                                 mig__identifier(tr, column.name)));
        piece.column = kept;
        piece.not_null = column.not_null && !relation->nullable;
        if (!add_result(tr, s, &piece, source, column.name))
            return false;
    }
}

static bool
star(mig__translating *tr, mig__selected *s, const mig__scope *scope, const mig__node *node)
{
    bool found = false;

    if (node->qualifier == NULL && scope->n_merged > 0)
        return mig__refuse(tr, "* over a join with USING");
    for (size_t i = 0; i < scope->n_relations; i++) {
        const mig__relation *relation = &scope->relations[i];

        if (node->qualifier != NULL && !mig__same_name(tr, relation->name, node->qualifier))
            continue;
        found = true;
        if (!expand(tr, s, relation))
            return false;
    }
    return found || mig__refuse(tr, "* without a table");
}

static bool
result_of(mig__translating *tr, mig__selected *s, mig__scope *scope, const mig__result *result)
{
    const char *name = result->alias;
    const char *target;
    mig__piece  piece;

    if (result->value->kind == MIG_NODE_STAR)
        return star(tr, s, scope, result->value);
    if (!mig__value(tr, result->value, &piece))
        return false;
    if (name == NULL && result->value->kind == MIG_NODE_COLUMN)
        name = result->value->text;
    target = result->alias == NULL && piece.column != NULL ? piece.column->name : name;
    if (name == NULL)
        name = target = mig__arena_keep(tr->arena, result->span, result->span_len);
    if (strlen(target) > 63 && to_postgres(tr))
        return mig__refuse(tr, "a column without a name whose expression is longer than one");
    if (to_postgres(tr) && piece.kind == MIG_KIND_BOOLEAN && piece.column == NULL)
        mig__note(tr, "conditions are booleans, which SQLite has as 0 and 1");
    if (result->alias != NULL && scope->n_aliases < MIG_SCOPE_MAX)
        scope->aliases[scope->n_aliases++] = (mig__alias){name, piece};
    return add_result(tr, s, &piece, name, target);
}

/* ---- SELECT and VALUES ------------------------------------------------------------------ */

static bool
values(mig__translating *tr, const mig__select *select, mig__selected *s)
{
    (void)select;
    (void)s;
    return mig__refuse(tr, "VALUES, whose columns have other names");
}

static bool
results(mig__translating *tr, const mig__select *select, mig__scope *scope, mig__selected *s)
{
    s->text = select->distinct ? "SELECT DISTINCT " : "SELECT ";
    s->columns = mig__arena_take(tr->arena, MIG_SCOPE_MAX * 8 * sizeof *s->columns);
    s->pieces = mig__arena_take(tr->arena, MIG_SCOPE_MAX * 8 * sizeof *s->pieces);
    if (s->columns == NULL || s->pieces == NULL)
        return false;
    for (size_t i = 0; i < select->n_results; i++) {
        if (!result_of(tr, s, scope, &select->results[i]))
            return false;
    }
    for (size_t i = 0; i < s->n && select->distinct; i++)
        if (!mig__query_distinguishes(tr, &s->pieces[i]))
            return false;
    return true;
}

static bool
select_text(mig__translating *tr, const mig__select *select, mig__scope *scope, mig__selected *s)
{
    const char  *from = "", *condition;
    const char **groups;

    *s = (mig__selected){.text = ""};
    if (select->n_rows > 0)
        return values(tr, select, s);
    tr->aggregates = false;
    if (!mig__from_translate(tr, scope, select->from, select->n_from, &from))
        return false;
    if (select->n_from > 0)
        from = mig__say(tr, " FROM %s", from);
    if (select->where != NULL) {
        if (!mig__condition(tr, select->where, &condition))
            return false;
        from = mig__say(tr, "%s WHERE %s", from, condition);
    }
    tr->aggregates = true;
    if (!results(tr, select, scope, s))
        return false;
    tr->aggregates = false;
    if (!mig__query_group_by(tr, select, s, &groups))
        return false;
    if (select->n_group > 0)
        from = mig__say(tr, "%s GROUP BY %s", from, mig__join(tr, groups, select->n_group, ", "));
    tr->aggregates = true;
    if (!mig__query_check_groups(tr, select, s, groups))
        return false;
    if (select->having != NULL) {
        if (!mig__condition(tr, select->having, &condition))
            return false;
        from = mig__say(tr, "%s HAVING %s", from, condition);
    }
    s->text = mig__say(tr, "%s%s", s->text, from);
    return true;
}

/* ---- UNION and its like ----------------------------------------------------------------- */

/* The two have to give the same columns in types that are brought together alike. */
static bool
compound(mig__translating *tr, const mig__select *select, const mig__selected *first,
         const mig__selected *next)
{
    bool all = strcmp(select->compound, "UNION ALL") == 0;

    if (first->n != next->n)
        return mig__refuse(tr, "%s of other numbers of columns", select->compound);
    for (size_t i = 0; i < first->n; i++) {
        const mig__piece *a = &first->pieces[i], *b = &next->pieces[i];

        if (a->kind != b->kind && a->kind != MIG_KIND_NULL && b->kind != MIG_KIND_NULL)
            return mig__refuse(tr, "%s of %s and %s", select->compound, mig__kind_words(a->kind),
                               mig__kind_words(b->kind));
        if (!all && (!mig__query_distinguishes(tr, a) || !mig__query_distinguishes(tr, b)))
            return false;
        if (!to_postgres(tr) && a->column != NULL && b->column != NULL &&
            !mig__sqlite_same_form(a->column, b->column))
            return mig__refuse(tr, "%s of two forms", mig__kind_words(a->kind));
    }
    return true;
}

static bool
selects(mig__translating *tr, const mig__query *query, mig__scope *scope, mig__selected *s)
{
    const mig__scope *outer = scope;

    for (size_t i = 0; i < query->n_selects; i++) {
        const mig__select *select = &query->selects[i];
        mig__scope        *own = scope;
        mig__selected      next;

        if (i > 0) {
            own = mig__arena_take(tr->arena, sizeof *own);
            if (own == NULL)
                return false;
            *own = *outer;
            own->n_relations = own->n_aliases = own->n_merged = 0;
            /* PostgreSQL does INTERSECT before the others, SQLite one after the other. */
            if (i > 1 && (strcmp(select->compound, "INTERSECT") == 0) !=
                             (strcmp(query->selects[i - 1].compound, "INTERSECT") == 0))
                return mig__refuse(tr, "INTERSECT beside other operators");
        }
        tr->scope = own;
        if (!select_text(tr, select, own, &next))
            return false;
        if (i == 0) {
            *s = next;
            continue;
        }
        if (!compound(tr, select, s, &next))
            return false;
        s->text = mig__say(tr, "%s %s %s", s->text, select->compound, next.text);
        s->one_row = false;
    }
    tr->scope = scope;
    return true;
}

/* ---- ORDER BY and LIMIT ----------------------------------------------------------------- */

/* The result that a term means by its number or name; s->n: none. */
static size_t
ordered_result(mig__translating *tr, const mig__selected *s, const mig__node *node)
{
    int64_t nth;

    if (node->kind == MIG_NODE_NUMBER && mig__is_integer(node->text, &nth) && nth >= 1 &&
        (size_t)nth <= s->n)
        return (size_t)nth - 1;
    for (size_t i = 0; i < s->n && node->kind == MIG_NODE_COLUMN && node->qualifier == NULL; i++)
        if (mig__same_name(tr, s->columns[i].name, node->text))
            return i;
    return s->n;
}

static const char *
nulls_words(const mig__translating *tr, const mig__order *order)
{
    bool first = order->nulls == MIG_NULLS_FIRST;

    /* SQLite takes NULL for the smallest value, PostgreSQL for the largest. */
    if (order->nulls == MIG_NULLS_USUAL)
        first = (tr->translation->from == MIG_DIALECT_SQLITE) != order->descending;
    return first ? "NULLS FIRST" : "NULLS LAST";
}

static bool
order_term(mig__translating *tr, const mig__query *query, const mig__selected *s,
           const mig__order *order, const char **textp)
{
    bool       results_alone = query->n_selects > 1 || query->selects[0].distinct;
    size_t     nth = ordered_result(tr, s, order->value);
    mig__piece piece;

    if (nth < s->n)
        piece = s->pieces[nth];
    else if (results_alone || s->grouped)
        return mig__refuse(tr, "ORDER BY something that is no result");
    else if (!mig__value(tr, order->value, &piece))
        return false;
    *textp = nth < s->n ? mig__say(tr, "%zu", nth + 1) : piece.text;
    if (piece.kind == MIG_KIND_JSON || piece.kind == MIG_KIND_JSONB || piece.kind == MIG_KIND_OTHER)
        return mig__refuse(tr, "ORDER BY %s", mig__kind_words(piece.kind));
    if (piece.kind == MIG_KIND_TEXT) {
        bool exact = to_postgres(tr) && !results_alone && piece.collation == MIG_COLLATION_NONE;

        if (exact)
            *textp = mig__say(tr, "%s COLLATE \"C\"", mig__tight(tr, &piece));
        else if (query->limit != NULL || query->offset != NULL)
            return mig__refuse(tr, "LIMIT by an order of texts that differs");
        else
            mig__note(tr, "texts are ordered by another collation");
    }
    *textp =
        mig__say(tr, "%s %s%s", *textp, order->descending ? "DESC " : "", nulls_words(tr, order));
    return true;
}

static bool
orders(mig__translating *tr, const mig__query *query, const mig__selected *s, const char **textp)
{
    const char **texts = mig__arena_take(tr->arena, (query->n_orders + 1) * sizeof *texts);

    if (texts == NULL)
        return false;
    for (size_t i = 0; i < query->n_orders; i++)
        if (!order_term(tr, query, s, &query->orders[i], &texts[i]))
            return false;
    if (query->n_orders > 0)
        *textp =
            mig__say(tr, "%s ORDER BY %s", *textp, mig__join(tr, texts, query->n_orders, ", "));
    return true;
}

/* Numbers alone: what others there are may be negative or NULL. */
static bool
limits(mig__translating *tr, const mig__query *query, const char **textp)
{
    const mig__node *both[] = {query->limit, query->offset};

    for (size_t i = 0; i < 2; i++) {
        int64_t n;

        if (both[i] != NULL &&
            (both[i]->kind != MIG_NODE_NUMBER || !mig__is_integer(both[i]->text, &n)))
            return mig__refuse(tr, "LIMIT of a number that is not known");
    }
    if (query->limit != NULL)
        *textp = mig__say(tr, "%s LIMIT %s", *textp, query->limit->text);
    else if (query->offset != NULL && !to_postgres(tr))
        *textp = mig__say(tr, "%s LIMIT -1", *textp);
    if (query->offset != NULL)
        *textp = mig__say(tr, "%s OFFSET %s", *textp, query->offset->text);
    return true;
}

/* ---- whole queries ---------------------------------------------------------------------- */

static bool
with(mig__translating *tr, mig__scope *scope, const mig__with *w, const char **textp)
{
    mig__query_result result;
    const char      **names;
    mig__relation    *relation = &scope->withs[scope->n_withs];

    if (scope->n_withs == MIG_SCOPE_MAX)
        return mig__refuse(tr, "more than %d queries in WITH", MIG_SCOPE_MAX);
    if (!mig__query_translate(tr, w->query, &result))
        return false;
    if (w->n_columns > 0 && w->n_columns != result.n_columns)
        return mig__refuse(tr, "WITH of other numbers of columns");
    names = mig__arena_take(tr->arena, (result.n_columns + 1) * sizeof *names);
    if (names == NULL)
        return false;
    for (size_t i = 0; i < result.n_columns; i++) {
        if (w->n_columns > 0)
            result.columns[i].name = result.columns[i].column.name = w->columns[i];
        names[i] = mig__identifier(tr, result.columns[i].column.name);
    }
    *relation =
        (mig__relation){.name = w->name, .columns = result.columns, .n_columns = result.n_columns};
    scope->n_withs++;
    *textp = mig__say(tr, "%s (%s) AS (%s)", mig__identifier(tr, w->name),
                      mig__join(tr, names, result.n_columns, ", "), result.text);
    return true;
}

static bool
withs(mig__translating *tr, mig__scope *scope, const mig__query *query, const char **textp)
{
    const char **texts = mig__arena_take(tr->arena, (query->n_withs + 1) * sizeof *texts);

    if (texts == NULL)
        return false;
    if (query->recursive)
        return mig__refuse(tr, "WITH RECURSIVE");
    for (size_t i = 0; i < query->n_withs; i++)
        if (!with(tr, scope, &query->withs[i], &texts[i]))
            return false;
    *textp = query->n_withs > 0
                 ? mig__say(tr, "WITH %s ", mig__join(tr, texts, query->n_withs, ", "))
                 : "";
    return true;
}

static bool
whole(mig__translating *tr, const mig__query *query, mig__scope *scope, mig__query_result *result)
{
    const char   *before = "", *text;
    mig__selected s = {.text = ""};

    if (!withs(tr, scope, query, &before) || !selects(tr, query, scope, &s))
        return false;
    tr->aggregates = true;
    text = s.text;
    if (!orders(tr, query, &s, &text) || !limits(tr, query, &text))
        return false;
    *result = (mig__query_result){
        .text = mig__say(tr, "%s%s", before, text),
        .columns = s.columns,
        .pieces = s.pieces,
        .n_columns = s.n,
        .one_row = s.one_row || (query->limit != NULL && strcmp(query->limit->text, "1") == 0),
    };
    return true;
}

bool
mig__query_translate(mig__translating *tr, const mig__query *query, mig__query_result *result)
{
    mig__scope       *scope = mig__arena_take(tr->arena, sizeof *scope);
    const mig__scope *outer = tr->scope;
    bool              aggregates = tr->aggregates, translated;

    if (scope == NULL)
        return false;
    scope->outer = outer;
    tr->scope = scope;
    translated = whole(tr, query, scope, result);
    tr->scope = outer;
    tr->aggregates = aggregates;
    return translated;
}

/* ---- in expressions --------------------------------------------------------------------- */

bool
mig__query_value(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__query_result result;

    if (tr->scope == NULL)
        return mig__refuse(tr, "a query in an expression");
    if (!mig__query_translate(tr, node->query, &result))
        return false;
    if (node->kind == MIG_NODE_EXISTS) {
        *out = mig__tight_piece(MIG_KIND_BOOLEAN, mig__say(tr, "EXISTS (%s)", result.text));
        out->not_null = true;
        return true;
    }
    if (result.n_columns != 1)
        return mig__refuse(tr, "a query of several columns as a value");
    *out = result.pieces[0];
    /* SQLite takes the first row of several, PostgreSQL none. */
    out->text =
        mig__say(tr, "(%s%s)", result.text, to_postgres(tr) && !result.one_row ? " LIMIT 1" : "");
    if (to_postgres(tr) && !result.one_row && node->query->limit != NULL)
        return mig__refuse(tr, "a query with LIMIT as a value");
    out->hold = MIG_HOLD_TIGHT;
    out->literal = out->not_null = false;
    out->class = out->digits = NULL;
    return true;
}

bool
mig__query_in(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__query_result result;
    mig__piece        left, right, value;

    if (tr->scope == NULL)
        return mig__refuse(tr, "a query in an expression");
    if (!mig__value(tr, node->args[0], &value) || !mig__query_translate(tr, node->query, &result))
        return false;
    if (result.n_columns != 1)
        return mig__refuse(tr, "IN of a query of several columns");
    left = value;
    right = result.pieces[0];
    if (!(to_postgres(tr) ? mig__pg_match(tr, false, &left, &right)
                          : mig__sqlite_match(tr, false, &left, &right)))
        return false;
    if (right.text != result.pieces[0].text)
        return mig__refuse(tr, "IN of a query of another type");
    *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s %sIN (%s)", mig__side(tr, &left),
                                                       node->negated ? "NOT " : "", result.text));
    return true;
}
