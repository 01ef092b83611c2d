/*
 * sqlite_dump.c - what SQLite's schemas have, in words.
 */
#include "sqlite_dump.h"

static void
dump_if(mig_buf *out, const char *word, const char *text)
{
    if (text != NULL)
        mig_buf_printf(out, " %s %s", word, text);
}

static void
dump_parts(mig_buf *out, const mig_key_part *parts, size_t n_parts)
{
    mig_buf_puts(out, " (");
    for (size_t i = 0; i < n_parts; i++) {
        mig_buf_puts(out, i > 0 ? ", " : "");
        if (parts[i].column != NULL)
            mig_buf_puts(out, parts[i].column);
        else
            mig_buf_printf(out, "{%s}", parts[i].expression);
        dump_if(out, "collate", parts[i].collation);
        mig_buf_puts(out, parts[i].descending ? " desc" : "");
    }
    mig_buf_puts(out, ")");
}

static void
dump_names(mig_buf *out, const char **names, size_t n_names)
{
    mig_buf_puts(out, " (");
    for (size_t i = 0; i < n_names; i++)
        mig_buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    mig_buf_puts(out, ")");
}

static void
dump_column(mig_buf *out, const mig_schema_column *column)
{
    static const char *const identities[] = {
        [MIG_IDENTITY_ROWID] = " rowid",
        [MIG_IDENTITY_AUTOINCREMENT] = " autoincrement",
        [MIG_IDENTITY_SERIAL] = "",
    };

    mig_buf_printf(out, "  column %s \"%s\"%s", column->name, column->type,
                   column->not_null ? " not null" : "");
    dump_if(out, "on conflict", column->not_null_conflict);
    dump_if(out, "default", column->default_value);
    dump_if(out, column->stored ? "stored" : "virtual", column->generated);
    dump_if(out, "collate", column->collation);
    mig_buf_puts(out, identities[column->identity] != NULL ? identities[column->identity] : "");
    mig_buf_puts(out, "\n");
}

static void
dump_foreign(mig_buf *out, const mig_constraint *key)
{
    static const char *const actions[] = {NULL, "restrict", "cascade", "set null", "set default"};

    dump_names(out, key->columns, key->n_columns);
    dump_if(out, "to", key->parent);
    if (key->n_parent_columns > 0)
        dump_names(out, key->parent_columns, key->n_parent_columns);
    dump_if(out, "delete", actions[key->on_delete]);
    dump_if(out, "update", actions[key->on_update]);
    mig_buf_puts(out, key->deferrable ? " deferrable" : "");
    mig_buf_puts(out, key->deferred ? " deferred" : "");
}

static void
dump_constraint(mig_buf *out, const mig_constraint *constraint)
{
    static const char *const kinds[] = {"primary", "unique", "check", "foreign", "exclude"};

    mig_buf_printf(out, "  %s", kinds[constraint->kind]);
    dump_if(out, "named", constraint->name[0] != '\0' ? constraint->name : NULL);
    if (constraint->n_parts > 0)
        dump_parts(out, constraint->parts, constraint->n_parts);
    dump_if(out, "that", constraint->expression);
    if (constraint->kind == MIG_CONSTRAINT_FOREIGN)
        dump_foreign(out, constraint);
    dump_if(out, "on conflict", constraint->conflict);
    mig_buf_puts(out, "\n");
}

static void
dump_table(mig_buf *out, const mig_schema_table *table)
{
    mig_buf_printf(out, "%s %s%s%s\n", table->kind == MIG_TABLE_PLAIN ? "table" : "virtual table",
                   table->name, table->without_rowid ? " without rowid" : "",
                   table->strict ? " strict" : "");
    for (size_t i = 0; i < table->n_columns; i++)
        dump_column(out, &table->columns[i]);
    for (size_t i = 0; i < table->n_constraints; i++)
        dump_constraint(out, &table->constraints[i]);
}

static void
dump_object(mig_buf *out, const mig_schema_object *object)
{
    mig_buf_printf(out, "object: %s %s", mig_object_words(object->kind), object->name);
    dump_if(out, "on", object->table);
    if (object->n_columns > 0)
        dump_names(out, object->columns, object->n_columns);
    dump_if(out, "as", object->query);
    mig_buf_puts(out, "\n");
}

void
dump_schema(const mig_schema *schema, mig_buf *out)
{
    for (size_t i = 0; i < schema->n_tables; i++)
        dump_table(out, &schema->tables[i]);
    for (size_t i = 0; i < schema->n_indexes; i++) {
        const mig_index *index = &schema->indexes[i];

        mig_buf_printf(out, "%sindex %s on %s", index->unique ? "unique " : "", index->name,
                       index->table);
        dump_parts(out, index->parts, index->n_parts);
        dump_if(out, "where", index->where);
        mig_buf_puts(out, "\n");
    }
    for (size_t i = 0; i < schema->n_objects; i++)
        dump_object(out, &schema->objects[i]);
}
