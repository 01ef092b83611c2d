/*
 * emit_sqlite.c - a schema as SQLite's statements.
 *
 * A table has all its keys in its one statement: they cannot be added later.
 * Indexes come when the rows are there, views and triggers last.
 *
 * A primary key of one column stands with its column where that decides what
 * it is: INTEGER PRIMARY KEY is the rowid, INTEGER PRIMARY KEY DESC, by an old
 * mistake of SQLite's, is not, and PRIMARY KEY (id DESC) is.
 *
 * Source: SQLite, "CREATE TABLE", "ROWIDs and the INTEGER PRIMARY KEY".
 */
#include <strings.h>

#include "emit.h"

static void
add_conflict(mig__emit *emit, const char *conflict)
{
    if (conflict != NULL)
        mig_buf_printf(&emit->sql, " ON CONFLICT %s", conflict);
}

/* Whether the table's primary key is written with this column. */
static bool
has_key(const mig_schema_column *column, const mig_constraint *primary)
{
    const mig_key_part *part;

    if (primary == NULL || primary->n_parts != 1 || primary->parts[0].column == NULL)
        return false;
    part = &primary->parts[0];
    if (strcasecmp(part->column, column->name) != 0)
        return false;
    if (column->identity == MIG_IDENTITY_AUTOINCREMENT)
        return true;
    if (column->identity == MIG_IDENTITY_ROWID)
        return !part->descending;
    return part->descending && part->collation == NULL && strcasecmp(column->type, "INTEGER") == 0;
}

static void
add_key(mig__emit *emit, const mig_schema_column *column, const mig_constraint *primary)
{
    mig__emit_puts(emit, " ");
    mig__emit_constraint_name(emit, primary);
    mig__emit_puts(emit, "PRIMARY KEY");
    if (primary->parts[0].descending)
        mig__emit_puts(emit, " DESC");
    add_conflict(emit, primary->conflict);
    if (column->identity == MIG_IDENTITY_AUTOINCREMENT)
        mig__emit_puts(emit, " AUTOINCREMENT");
}

static void
add_column(mig__emit *emit, const mig_schema_table *table, const mig_schema_column *column)
{
    const mig_constraint *primary = mig_schema_primary(table);

    mig__emit_name(emit, column->name);
    if (column->type[0] != '\0')
        mig_buf_printf(&emit->sql, " %s", column->type);
    if (has_key(column, primary))
        add_key(emit, column, primary);
    if (column->not_null) {
        mig__emit_puts(emit, " NOT NULL");
        add_conflict(emit, column->not_null_conflict);
    }
    if (column->default_value != NULL) {
        mig__emit_puts(emit, " DEFAULT ");
        mig__emit_default(emit, column->default_value);
    }
    if (column->collation != NULL)
        mig_buf_printf(&emit->sql, " COLLATE %s", column->collation);
    if (column->generated != NULL) {
        mig__emit_puts(emit, " GENERATED ALWAYS AS ");
        mig__emit_expression(emit, column->generated);
        mig__emit_puts(emit, column->stored ? " STORED" : " VIRTUAL");
    }
}

/* False for what stands with its column, or is nothing that SQLite has. */
static bool
stands_in_table(const mig_schema_table *table, const mig_constraint *constraint)
{
    if (constraint->kind == MIG_CONSTRAINT_EXCLUDE)
        return false;
    if (constraint->kind != MIG_CONSTRAINT_PRIMARY)
        return true;
    for (size_t i = 0; i < table->n_columns; i++)
        if (has_key(&table->columns[i], constraint))
            return false;
    return true;
}

static void
add_constraint(mig__emit *emit, const mig_constraint *constraint)
{
    mig__emit_constraint_name(emit, constraint);
    switch (constraint->kind) {
    case MIG_CONSTRAINT_PRIMARY:
    case MIG_CONSTRAINT_UNIQUE:
        mig__emit_puts(emit, constraint->kind == MIG_CONSTRAINT_PRIMARY ? "PRIMARY KEY" : "UNIQUE");
        mig__emit_parts(emit, constraint->parts, constraint->n_parts);
        break;
    case MIG_CONSTRAINT_CHECK:
        mig__emit_puts(emit, "CHECK ");
        mig__emit_expression(emit, constraint->expression);
        break;
    case MIG_CONSTRAINT_FOREIGN:
        mig__emit_foreign_key(emit, constraint);
        break;
    case MIG_CONSTRAINT_EXCLUDE:
        break;
    }
    add_conflict(emit, constraint->conflict);
}

static void
emit_table(mig__emit *emit, const mig_schema_table *table)
{
    mig_buf_printf(&emit->what, "table %s", table->name);
    mig__emit_puts(emit, "CREATE TABLE ");
    mig__emit_name(emit, table->name);
    for (size_t i = 0; i < table->n_columns; i++) {
        mig__emit_puts(emit, i == 0 ? " (\n    " : ",\n    ");
        add_column(emit, table, &table->columns[i]);
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        if (!stands_in_table(table, &table->constraints[i]))
            continue;
        mig__emit_puts(emit, ",\n    ");
        add_constraint(emit, &table->constraints[i]);
    }
    mig__emit_puts(emit, "\n)");
    if (table->strict)
        mig__emit_puts(emit, " STRICT");
    if (table->without_rowid)
        mig__emit_puts(emit, table->strict ? ", WITHOUT ROWID" : " WITHOUT ROWID");
    mig__emit_add(emit, MIG_DDL_BEFORE, table->name);
    mig__emit_relation(emit, table->name);
}

static void
emit_index(mig__emit *emit, const mig_index *index)
{
    mig_buf_printf(&emit->what, "index %s", index->name);
    mig__emit_puts(emit, index->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    mig__emit_name(emit, index->name);
    mig__emit_puts(emit, " ON ");
    mig__emit_name(emit, index->table);
    mig__emit_parts(emit, index->parts, index->n_parts);
    if (index->where != NULL)
        mig_buf_printf(&emit->sql, " WHERE %s", index->where);
    mig__emit_add(emit, MIG_DDL_KEYS, index->table);
    mig__emit_index(emit, index->name);
}

static void
emit_object(mig__emit *emit, const mig_schema_object *object)
{
    bool is_view = object->kind == MIG_OBJECT_VIEW || object->kind == MIG_OBJECT_MATERIALIZED_VIEW;

    if (object->query == NULL && object->sql == NULL)
        return;
    mig_buf_printf(&emit->what, "%s %s", is_view ? "view" : mig_object_words(object->kind),
                   object->name);
    if (is_view && object->query != NULL) {
        mig__emit_puts(emit, "CREATE VIEW ");
        mig__emit_name(emit, object->name);
        mig__emit_view_body(emit, object);
    } else {
        mig__emit_body(emit, object->sql);
    }
    mig__emit_add(emit, MIG_DDL_AFTER, object->table);
    if (is_view)
        mig__emit_relation(emit, object->name);
}

void
mig__emit_sqlite(mig__emit *emit)
{
    const mig_schema *schema = emit->schema;

    for (size_t i = 0; i < schema->n_tables; i++)
        emit_table(emit, &schema->tables[i]);
    for (size_t i = 0; i < schema->n_indexes; i++)
        emit_index(emit, &schema->indexes[i]);
    for (size_t i = 0; i < schema->n_objects; i++)
        emit_object(emit, &schema->objects[i]);
}
