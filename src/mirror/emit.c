/*
 * emit.c - statements of a mirrored schema: what both dialects share.
 */
#include "emit.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void
mig__emit_add(mig__emit *emit, mig_ddl_phase phase, const char *table)
{
    bool whole = !emit->sql.failed && !emit->what.failed;

    if (!whole ||
        !mig_ddl_add(emit->ddl, phase, mig_buf_text(&emit->what), table, mig_buf_text(&emit->sql)))
        emit->failed = true;
    mig_buf_clear(&emit->sql);
    mig_buf_clear(&emit->what);
}

void
mig__emit_relation(mig__emit *emit, const char *name)
{
    emit->failed = !mig_ddl_add_relation(emit->ddl, name) || emit->failed;
}

void
mig__emit_index(mig__emit *emit, const char *name)
{
    emit->failed = !mig_ddl_add_index(emit->ddl, name) || emit->failed;
}

void
mig__emit_puts(mig__emit *emit, const char *text)
{
    mig_buf_puts(&emit->sql, text);
}

void
mig__emit_name(mig__emit *emit, const char *name)
{
    mig__identifier_add(&emit->sql, emit->schema->dialect, name);
}

void
mig__emit_table(mig__emit *emit, const char *name)
{
    if (emit->schema->dialect == MIG_DIALECT_POSTGRES) {
        mig__emit_name(emit, emit->schema->name);
        mig__emit_puts(emit, ".");
    }
    mig__emit_name(emit, name);
}

void
mig__emit_names(mig__emit *emit, const char *const *names, size_t n_names)
{
    mig__emit_puts(emit, " (");
    for (size_t i = 0; i < n_names; i++) {
        mig__emit_puts(emit, i > 0 ? ", " : "");
        mig__emit_name(emit, names[i]);
    }
    mig__emit_puts(emit, ")");
}

void
mig__emit_expression(mig__emit *emit, const char *expression)
{
    mig_buf_printf(&emit->sql, "(%s%s)", expression, strstr(expression, "--") != NULL ? "\n" : "");
}

static void
add_part(mig__emit *emit, const mig_key_part *part)
{
    if (part->column != NULL)
        mig__emit_name(emit, part->column);
    else
        mig__emit_expression(emit, part->expression);
    if (part->collation != NULL)
        mig_buf_printf(&emit->sql, " COLLATE %s", part->collation);
    if (part->opclass != NULL)
        mig_buf_printf(&emit->sql, " %s", part->opclass);
    if (part->descending)
        mig__emit_puts(emit, " DESC");
    if (part->nulls != MIG_NULLS_USUAL)
        mig__emit_puts(emit, part->nulls == MIG_NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
}

void
mig__emit_parts(mig__emit *emit, const mig_key_part *parts, size_t n_parts)
{
    mig__emit_puts(emit, " (");
    for (size_t i = 0; i < n_parts; i++) {
        mig__emit_puts(emit, i > 0 ? ", " : "");
        add_part(emit, &parts[i]);
    }
    mig__emit_puts(emit, ")");
}

void
mig__emit_constraint_name(mig__emit *emit, const mig_constraint *constraint)
{
    if (constraint->name[0] == '\0')
        return;
    mig__emit_puts(emit, "CONSTRAINT ");
    mig__emit_name(emit, constraint->name);
    mig__emit_puts(emit, " ");
}

void
mig__emit_deferrable(mig__emit *emit, const mig_constraint *constraint)
{
    if (constraint->deferrable)
        mig__emit_puts(emit, " DEFERRABLE");
    if (constraint->deferrable && constraint->deferred)
        mig__emit_puts(emit, " INITIALLY DEFERRED");
}

static void
add_action(mig__emit *emit, const char *event, mig_key_action action)
{
    static const char *const words[] = {
        [MIG_ACTION_NONE] = NULL,
        [MIG_ACTION_RESTRICT] = "RESTRICT",
        [MIG_ACTION_CASCADE] = "CASCADE",
        [MIG_ACTION_SET_NULL] = "SET NULL",
        [MIG_ACTION_SET_DEFAULT] = "SET DEFAULT",
    };

    if (words[action] != NULL)
        mig_buf_printf(&emit->sql, " ON %s %s", event, words[action]);
}

void
mig__emit_foreign_key(mig__emit *emit, const mig_constraint *constraint)
{
    mig__emit_puts(emit, "FOREIGN KEY");
    mig__emit_names(emit, constraint->columns, constraint->n_columns);
    mig__emit_puts(emit, " REFERENCES ");
    if (constraint->parent_schema != NULL) {
        mig__emit_name(emit, constraint->parent_schema);
        mig__emit_puts(emit, ".");
        mig__emit_name(emit, constraint->parent);
    } else {
        mig__emit_table(emit, constraint->parent);
    }
    if (constraint->n_parent_columns > 0)
        mig__emit_names(emit, constraint->parent_columns, constraint->n_parent_columns);
    if (constraint->match_full)
        mig__emit_puts(emit, " MATCH FULL");
    add_action(emit, "UPDATE", constraint->on_update);
    add_action(emit, "DELETE", constraint->on_delete);
    mig__emit_deferrable(emit, constraint);
}

void
mig__emit_body(mig__emit *emit, const char *sql)
{
    size_t len = strlen(sql);

    while (len > 0 && (sql[len - 1] == ';' || isspace((unsigned char)sql[len - 1])))
        len--;
    mig_buf_add(&emit->sql, sql, len);
}

void
mig__emit_view_body(mig__emit *emit, const mig_schema_object *view)
{
    const char *query = view->query;

    if (view->n_columns > 0)
        mig__emit_names(emit, view->columns, view->n_columns);
    mig__emit_puts(emit, " AS\n");
    while (query[0] == '\n')
        query++;
    mig__emit_body(emit, query);
}

/* ---- defaults ---------------------------------------------------------------------------- */

/* The text behind a literal in quotes; NULL if it does not end. */
static const char *
behind_quotes(const char *p)
{
    for (p++; *p != '\0'; p++) {
        if (*p == '\'' && p[1] != '\'')
            return p + 1;
        p += *p == '\'';
    }
    return NULL;
}

static bool
is_number(const char *p)
{
    p += *p == '-' || *p == '+';
    if (!isdigit((unsigned char)*p))
        return false;
    p += strspn(p, "0123456789");
    if (*p == '.')
        p += 1 + strspn(p + 1, "0123456789");
    return *p == '\0';
}

/* A cast to a type of one word behind a literal. */
static bool
is_cast(const char *p)
{
    return strncmp(p, "::", 2) == 0 &&
           p[2 + strspn(p + 2, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Which words both dialects take bare. */
static bool
is_constant(const char *p)
{
    static const char *const words[] = {"NULL",         "TRUE",         "FALSE",
                                        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(p, words[i]) == 0)
            return true;
    return false;
}

/* name() or schema.name(), without arguments. */
static bool
is_plain_call(const char *p)
{
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_.");

    return n > 0 && strcmp(p + n, "()") == 0;
}

static bool
stands_alone(mig_dialect dialect, const char *expression)
{
    const char *p = expression;

    if (is_number(p) || is_constant(p))
        return true;
    if (dialect == MIG_DIALECT_POSTGRES && is_plain_call(p))
        return true;
    if (dialect == MIG_DIALECT_SQLITE && (*p == 'x' || *p == 'X'))
        p++;
    if (*p != '\'' || strchr(p, '\\') != NULL)
        return false;
    p = behind_quotes(p);
    return p != NULL && (*p == '\0' || (dialect == MIG_DIALECT_POSTGRES && is_cast(p)));
}

void
mig__emit_default(mig__emit *emit, const char *expression)
{
    if (stands_alone(emit->schema->dialect, expression))
        mig__emit_puts(emit, expression);
    else
        mig__emit_expression(emit, expression);
}

/* ---- all --------------------------------------------------------------------------------- */

mig_status
mig_mirror_ddl(const mig_mirror *mirror, mig_ddl **ddlp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig__emit  emit = {.schema = mirror->schema, .ddl = mig_ddl_new()};

    *ddlp = NULL;
    if (emit.ddl != NULL && mirror->schema->dialect == MIG_DIALECT_POSTGRES)
        mig__emit_postgres(&emit);
    else if (emit.ddl != NULL)
        mig__emit_sqlite(&emit);
    if (emit.ddl == NULL || emit.failed) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the statements of the schema");
        goto done;
    }
    *ddlp = emit.ddl;
    emit.ddl = NULL;
done:
    mig_buf_fini(&emit.sql);
    mig_buf_fini(&emit.what);
    mig_ddl_free(emit.ddl);
    return st;
}
