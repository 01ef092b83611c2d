/*
 * sqlite_ddl_finish.c - what only the schema as a whole tells: the parents of
 * foreign keys, and which view another one reads.
 *
 * A view may be older than the one it reads, so the order of sqlite_schema is
 * not one in which they can be made.  A view is taken to read all views whose
 * names stand in its query, which may be too many: the order is right then as
 * well.
 */
#include <stdlib.h>
#include <string.h>

#include "mig/match.h"
#include "mig/sqlite_ddl.h"
#include "sqlite_ddl_stmt.h"

/* ---- parents ----------------------------------------------------------------------------- */

static bool
finish_foreign(mig_schema *schema, mig_constraint *key)
{
    const mig_schema_table *parent = mig__stmt_table(schema, key->parent);

    if (parent == NULL)
        return true;
    key->parent = mig_schema_keep(schema, parent->name);
    for (size_t i = 0; i < key->n_parent_columns; i++) {
        const mig_schema_column *column = mig__stmt_column(parent, key->parent_columns[i]);

        if (column != NULL)
            key->parent_columns[i] = column->name;
    }
    return key->parent != NULL;
}

/* ---- views ------------------------------------------------------------------------------- */

/* The views while they are put in order; positions in `views`, the order found in the schema. */
typedef struct view_order {
    mig_schema_object *views;
    bool              *seen; /* on the stack or in the order */
    size_t            *stack;
    size_t            *order;
    size_t             n_views, n_stack, n_order;
} view_order;

/* A view that was not seen and that the token names; n_views if there is none. */
static size_t
named_by(const view_order *o, const mig_token *token)
{
    mig_buf name = MIG_BUF_INIT;
    size_t  found = o->n_views;

    if (token->kind != MIG_TOKEN_NAME && token->kind != MIG_TOKEN_QUOTED &&
        token->kind != MIG_TOKEN_STRING)
        return found;
    mig__token_text(token, &name);
    for (size_t i = 0; i < o->n_views && found == o->n_views; i++)
        if (!o->seen[i] && mig_match_folded(o->views[i].name, mig_buf_text(&name)))
            found = i;
    mig_buf_fini(&name);
    return found;
}

static size_t
next_read_by(const view_order *o, const mig_schema_object *view)
{
    mig_lexer lexer;
    mig_token token;
    size_t    found = o->n_views;

    mig__lex_init(&lexer, MIG_DIALECT_SQLITE, view->query);
    do {
        mig__lex_next(&lexer, &token);
        found = named_by(o, &token);
    } while (found == o->n_views && token.kind != MIG_TOKEN_END);
    return found;
}

static void
visit(view_order *o, size_t view)
{
    o->seen[view] = true;
    o->stack[o->n_stack++] = view;
    while (o->n_stack > 0) {
        size_t top = o->stack[o->n_stack - 1];
        size_t read = next_read_by(o, &o->views[top]);

        if (read < o->n_views) {
            o->seen[read] = true;
            o->stack[o->n_stack++] = read;
        } else {
            o->order[o->n_order++] = top;
            o->n_stack--;
        }
    }
}

/* Views change places with each other alone. */
static bool
order_views(mig_schema *schema)
{
    view_order o = {.views = calloc(schema->n_objects + 1, sizeof *o.views),
                    .seen = calloc(schema->n_objects + 1, sizeof *o.seen),
                    .stack = calloc(schema->n_objects + 1, sizeof *o.stack),
                    .order = calloc(schema->n_objects + 1, sizeof *o.order)};
    bool       ok = o.views != NULL && o.seen != NULL && o.stack != NULL && o.order != NULL;
    size_t     at = 0;

    for (size_t i = 0; ok && i < schema->n_objects; i++)
        if (schema->objects[i].kind == MIG_OBJECT_VIEW)
            o.views[o.n_views++] = schema->objects[i];
    for (size_t i = 0; ok && i < o.n_views; i++)
        if (!o.seen[i])
            visit(&o, i);
    for (size_t i = 0; ok && i < schema->n_objects; i++)
        if (schema->objects[i].kind == MIG_OBJECT_VIEW)
            schema->objects[i] = o.views[o.order[at++]];
    free(o.views);
    free(o.seen);
    free(o.stack);
    free(o.order);
    return ok;
}

bool
mig_sqlite_ddl_finish(mig_schema *schema)
{
    for (size_t t = 0; t < schema->n_tables; t++) {
        mig_schema_table *table = &schema->tables[t];

        for (size_t i = 0; i < table->n_constraints; i++)
            if (table->constraints[i].kind == MIG_CONSTRAINT_FOREIGN &&
                !finish_foreign(schema, &table->constraints[i]))
                return false;
    }
    return order_views(schema);
}
