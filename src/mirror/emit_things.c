/*
 * emit_things.c - what is neither table nor key, as PostgreSQL's statements:
 * collations, types, sequences, views, comments.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "emit_postgres.h"

/* ---- types ------------------------------------------------------------------------------- */

static void
add_labels(mig_buf *out, const mig_schema_type *type)
{
    for (size_t i = 0; i < type->n_labels; i++) {
        mig_buf_puts(out, i > 0 ? ", " : "");
        mig_buf_literal(out, type->labels[i]);
    }
}

static void
add_enum(mig__emit *emit, const mig_schema_type *type)
{
    mig__emit_puts(emit, " AS ENUM (");
    add_labels(&emit->sql, type);
    mig__emit_puts(emit, ")");
}

static void
add_composite(mig__emit *emit, const mig_schema_type *type)
{
    mig__emit_puts(emit, " AS (");
    for (size_t i = 0; i < type->n_labels; i++)
        mig_buf_printf(&emit->sql, "%s\n    %s", i > 0 ? "," : "", type->labels[i]);
    mig__emit_puts(emit, type->n_labels > 0 ? "\n)" : ")");
}

static void
add_domain(mig__emit *emit, const mig_schema_type *type)
{
    mig_buf_printf(&emit->sql, " AS %s", type->base);
    if (type->collation != NULL)
        mig_buf_printf(&emit->sql, " COLLATE %s", type->collation);
    if (type->default_value != NULL) {
        mig__emit_puts(emit, " DEFAULT ");
        mig__emit_default(emit, type->default_value);
    }
    if (type->not_null)
        mig__emit_puts(emit, " NOT NULL");
    for (size_t i = 0; i < type->n_checks; i++) {
        mig__emit_puts(emit, " CHECK ");
        mig__emit_expression(emit, type->checks[i]);
    }
}

/* What stands behind the name in the source's own statement, which has names and collations that
 * the parts lack; false if it is not to be made so. */
static bool
add_definition(mig__emit *emit, const mig_schema_type *type)
{
    const char *behind = type->definition != NULL ? strstr(type->definition, type->name) : NULL;

    if (behind == NULL)
        return false;
    mig__emit_body(emit, behind + strlen(type->name));
    return true;
}

/* Whether an enum that stands has these labels in this order. */
static void
ask_for_enum(const mig__emit *emit, const mig_schema_type *type, const char *name, mig_buf *same)
{
    mig_buf_puts(same, "SELECT t.typtype = 'e' AND ARRAY(SELECT e.enumlabel::pg_catalog.text FROM"
                       " pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)"
                       " = ARRAY[");
    add_labels(same, type);
    mig_buf_puts(same, "]::pg_catalog.text[] FROM pg_catalog.pg_type t"
                       " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
                       " WHERE n.nspname = ");
    mig_buf_literal(same, emit->schema->name);
    mig_buf_puts(same, " AND t.typname = ");
    mig_buf_literal(same, name);
}

static void
begin_type(mig__emit *emit, const mig_schema_type *type, const char *name)
{
    mig_buf_printf(&emit->what, "type %s", name);
    mig__emit_puts(emit, type->kind == MIG_TYPE_DOMAIN ? "CREATE DOMAIN " : "CREATE TYPE ");
    mig__emit_table(emit, name);
}

static void
emit_type(mig__emit *emit, const mig_schema_type *type)
{
    mig_buf same = MIG_BUF_INIT;
    char   *name = mig__identifier_plain(type->name);

    if (name == NULL) {
        emit->failed = true;
        return;
    }
    switch (type->kind) {
    case MIG_TYPE_ENUM:
        begin_type(emit, type, name);
        add_enum(emit, type);
        ask_for_enum(emit, type, name, &same);
        break;
    case MIG_TYPE_DOMAIN:
        begin_type(emit, type, name);
        if (!add_definition(emit, type))
            add_domain(emit, type);
        break;
    case MIG_TYPE_COMPOSITE:
        begin_type(emit, type, name);
        if (!add_definition(emit, type))
            add_composite(emit, type);
        break;
    case MIG_TYPE_RANGE:
        mig_buf_printf(&emit->what, "type %s", name);
        mig__emit_body(emit, type->definition);
        break;
    }
    mig__emit_add(emit, MIG_DDL_BEFORE, NULL);
    emit->failed = emit->failed || same.failed ||
                   !mig_ddl_add_thing(emit->ddl, MIG_DDL_TYPE, name,
                                      same.len > 0 ? mig_buf_text(&same) : NULL);
    mig_buf_fini(&same);
    free(name);
}

/* ---- objects ----------------------------------------------------------------------------- */

static bool
is_collation(const mig_schema_object *object)
{
    return object->sql != NULL && strncasecmp(object->sql, "CREATE COLLATION ", 17) == 0;
}

/* Whether a collation that stands folds case as this statement would have it; where the locale is
 * kept has changed with versions 15 and 17. */
static void
ask_for_collation(const mig__emit *emit, const mig_schema_object *object, mig_buf *same)
{
    static const char before[] = "locale = '";
    const char       *locale = strstr(object->sql, before);
    size_t            len;

    if (locale == NULL || strstr(object->sql, "provider = icu") == NULL ||
        strstr(object->sql, "deterministic = false") == NULL)
        return;
    locale += strlen(before);
    len = strcspn(locale, "'");
    mig_buf_printf(same,
                   "SELECT c.collprovider = 'i' AND NOT c.collisdeterministic AND"
                   " COALESCE(pg_catalog.to_jsonb(c) ->> 'colllocale',"
                   " pg_catalog.to_jsonb(c) ->> 'colliculocale',"
                   " pg_catalog.to_jsonb(c) ->> 'collcollate') = '%.*s'"
                   " FROM pg_catalog.pg_collation c"
                   " JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace WHERE n.nspname = ",
                   (int)len, locale);
    mig_buf_literal(same, emit->schema->name);
    mig_buf_puts(same, " AND c.collname = ");
    mig_buf_literal(same, object->name);
}

static void
emit_other(mig__emit *emit, const mig_schema_object *object)
{
    mig_buf same = MIG_BUF_INIT;

    if (object->sql == NULL)
        return;
    mig_buf_printf(&emit->what, "%s %s",
                   is_collation(object) ? "collation" : mig_object_words(object->kind),
                   object->name);
    mig__emit_body(emit, object->sql);
    mig__emit_add(emit, MIG_DDL_BEFORE, NULL);
    if (is_collation(object)) {
        ask_for_collation(emit, object, &same);
        emit->failed = emit->failed || same.failed ||
                       !mig_ddl_add_thing(emit->ddl, MIG_DDL_COLLATION, object->name,
                                          same.len > 0 ? mig_buf_text(&same) : NULL);
    }
    mig_buf_fini(&same);
}

static bool
is_view(const mig_schema_object *object)
{
    return object->kind == MIG_OBJECT_VIEW || object->kind == MIG_OBJECT_MATERIALIZED_VIEW;
}

static bool
is_relation(const mig_schema_object *object)
{
    return is_view(object) || object->kind == MIG_OBJECT_SEQUENCE ||
           object->kind == MIG_OBJECT_PARTITION || object->kind == MIG_OBJECT_FOREIGN_TABLE;
}

static void
emit_object(mig__emit *emit, const mig_schema_object *object, mig_ddl_phase phase)
{
    if (object->query == NULL && object->sql == NULL)
        return;
    mig_buf_printf(&emit->what, "%s %s", mig_object_words(object->kind), object->name);
    if (is_view(object) && object->query != NULL) {
        mig__emit_puts(emit, object->kind == MIG_OBJECT_VIEW ? "CREATE VIEW "
                                                             : "CREATE MATERIALIZED VIEW ");
        mig__emit_table(emit, object->name);
        mig__emit_view_body(emit, object);
    } else {
        mig__emit_body(emit, object->sql);
    }
    mig__emit_add(emit, phase, object->table);
    if (is_relation(object))
        mig__emit_relation(emit, object->name);
}

void
mig__emit_postgres_objects(mig__emit *emit, mig_object_kind kind, mig_ddl_phase phase)
{
    for (size_t i = 0; i < emit->schema->n_objects; i++)
        if (emit->schema->objects[i].kind == kind)
            emit_object(emit, &emit->schema->objects[i], phase);
}

void
mig__emit_postgres_things(mig__emit *emit)
{
    const mig_schema *schema = emit->schema;

    mig__emit_postgres_objects(emit, MIG_OBJECT_EXTENSION, MIG_DDL_BEFORE);
    for (size_t i = 0; i < schema->n_objects; i++)
        if (schema->objects[i].kind == MIG_OBJECT_OTHER)
            emit_other(emit, &schema->objects[i]);
    for (size_t i = 0; i < schema->n_types; i++)
        emit_type(emit, &schema->types[i]);
    mig__emit_postgres_objects(emit, MIG_OBJECT_SEQUENCE, MIG_DDL_BEFORE);
    mig__emit_postgres_objects(emit, MIG_OBJECT_ROUTINE, MIG_DDL_BEFORE);
}

/* ---- comments ---------------------------------------------------------------------------- */

static void
end_comment(mig__emit *emit, const char *comment, const char *table)
{
    mig__emit_puts(emit, " IS ");
    mig_buf_literal(&emit->sql, comment);
    mig__emit_add(emit, MIG_DDL_AFTER, table);
}

/* On a relation or a type. */
static void
comment_on(mig__emit *emit, const char *keyword, const char *name, const char *comment)
{
    if (comment == NULL)
        return;
    mig_buf_printf(&emit->what, "comment on %s", name);
    mig_buf_printf(&emit->sql, "COMMENT ON %s ", keyword);
    mig__emit_table(emit, name);
    end_comment(emit, comment, NULL);
}

static void
comment_on_column(mig__emit *emit, const char *table, const mig_schema_column *column)
{
    if (column->comment == NULL)
        return;
    mig_buf_printf(&emit->what, "comment on %s.%s", table, column->name);
    mig__emit_puts(emit, "COMMENT ON COLUMN ");
    mig__emit_table(emit, table);
    mig__emit_puts(emit, ".");
    mig__emit_name(emit, column->name);
    end_comment(emit, column->comment, table);
}

static void
comment_on_constraint(mig__emit *emit, const char *table, const mig_constraint *constraint)
{
    if (constraint->comment == NULL || constraint->name[0] == '\0')
        return;
    mig_buf_printf(&emit->what, "comment on %s of %s", constraint->name, table);
    mig__emit_puts(emit, "COMMENT ON CONSTRAINT ");
    mig__emit_name(emit, constraint->name);
    mig__emit_puts(emit, " ON ");
    mig__emit_table(emit, table);
    end_comment(emit, constraint->comment, table);
}

static void
comment_on_table(mig__emit *emit, const mig_schema_table *table)
{
    comment_on(emit, "TABLE", table->name, table->comment);
    for (size_t i = 0; i < table->n_columns; i++)
        comment_on_column(emit, table->name, &table->columns[i]);
    for (size_t i = 0; i < table->n_constraints; i++)
        comment_on_constraint(emit, table->name, &table->constraints[i]);
}

static void
comment_on_type(mig__emit *emit, const mig_schema_type *type)
{
    char *name = mig__identifier_plain(type->name);

    if (name != NULL)
        comment_on(emit, type->kind == MIG_TYPE_DOMAIN ? "DOMAIN" : "TYPE", name, type->comment);
    else
        emit->failed = true;
    free(name);
}

static void
comment_on_object(mig__emit *emit, const mig_schema_object *object)
{
    if (object->query == NULL && object->sql == NULL)
        return;
    if (object->kind == MIG_OBJECT_VIEW)
        comment_on(emit, "VIEW", object->name, object->comment);
    else if (object->kind == MIG_OBJECT_MATERIALIZED_VIEW)
        comment_on(emit, "MATERIALIZED VIEW", object->name, object->comment);
    else if (object->kind == MIG_OBJECT_SEQUENCE)
        comment_on(emit, "SEQUENCE", object->name, object->comment);
    else if (object->kind == MIG_OBJECT_PARTITION)
        comment_on(emit, "TABLE", object->name, object->comment);
}

void
mig__emit_postgres_after(mig__emit *emit)
{
    static const mig_object_kind late[] = {MIG_OBJECT_TRIGGER, MIG_OBJECT_RULE, MIG_OBJECT_POLICY,
                                           MIG_OBJECT_STATISTICS};
    const mig_schema            *schema = emit->schema;

    for (size_t i = 0; i < schema->n_objects; i++) /* views may read each other, in this order */
        if (is_view(&schema->objects[i]))
            emit_object(emit, &schema->objects[i], MIG_DDL_AFTER);
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        mig__emit_postgres_objects(emit, late[i], MIG_DDL_AFTER);
    for (size_t i = 0; i < schema->n_types; i++)
        comment_on_type(emit, &schema->types[i]);
    for (size_t i = 0; i < schema->n_tables; i++)
        comment_on_table(emit, &schema->tables[i]);
    for (size_t i = 0; i < schema->n_indexes; i++)
        comment_on(emit, "INDEX", schema->indexes[i].name, schema->indexes[i].comment);
    for (size_t i = 0; i < schema->n_objects; i++)
        comment_on_object(emit, &schema->objects[i]);
}
