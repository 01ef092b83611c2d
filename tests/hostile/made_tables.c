/*
 * made_tables.c - what tables there are, with columns, keys and references.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "made.h"

typedef struct made_type {
    const char *declared;
    made_class class;
} made_type;

static const made_type types[] = {
    {"INTEGER", MADE_INTEGER},
    {"int", MADE_INTEGER},
    {"INT(11)", MADE_INTEGER},
    {"smallint", MADE_INTEGER},
    {"UNSIGNED BIG INT", MADE_WIDE},
    {"BIGINT", MADE_WIDE},
    {"INTEGER", MADE_WIDE},
    {"int4", MADE_WIDE},
    {"MEDIUMINT", MADE_INTEGER},
    {"tinyint(1)", MADE_BOOLEAN},
    {"BOOLEAN", MADE_BOOLEAN},
    {"bool", MADE_BOOLEAN},
    {"BOOLEAN", MADE_WORD},
    {"BOOLEAN", MADE_INTEGER},
    {"REAL", MADE_REAL},
    {"double precision", MADE_REAL},
    {"FLOAT", MADE_REAL},
    {"float4", MADE_REAL},
    {"DECIMAL(10,2)", MADE_DECIMAL},
    {"NUMERIC", MADE_DECIMAL},
    {"decimal ( 6 , 3 )", MADE_DECIMAL},
    {"NUMERIC", MADE_REAL},
    {"money", MADE_DECIMAL},
    {"TEXT", MADE_TEXT},
    {"VARCHAR(40)", MADE_TEXT},
    {"character varying(5)", MADE_TEXT},
    {"CHAR(3)", MADE_TEXT},
    {"TXET", MADE_TEXT},
    {"STRING", MADE_TEXT},
    {"long text field", MADE_TEXT},
    {"CLOB", MADE_TEXT},
    {"", MADE_TEXT},
    {"", MADE_MIXED},
    {"BLOB", MADE_BLOB},
    {"VARBINARY(16)", MADE_BLOB},
    {"BLOB", MADE_TEXT},
    {"\"quoted type\"", MADE_TEXT},
    {"[my type](3)", MADE_INTEGER},
    {"DATETIME", MADE_MOMENT},
    {"TIMESTAMP", MADE_MOMENT},
    {"timestamp with time zone", MADE_MOMENT},
    {"TEXT", MADE_MOMENT},
    {"DATETIME", MADE_EPOCH},
    {"DATE", MADE_DATE},
    {"TIME", MADE_TIME},
    {"UUID", MADE_UUID},
    {"CHAR(36)", MADE_UUID},
    {"JSON", MADE_JSON},
    {"jsonb", MADE_JSON},
    {"NULL", MADE_INTEGER},
    {"POINT", MADE_TEXT},
    {"INTEGER", MADE_MIXED},
};

static const made_type strict_types[] = {
    {"INTEGER", MADE_INTEGER}, {"INT", MADE_WIDE},  {"REAL", MADE_REAL},
    {"TEXT", MADE_TEXT},       {"BLOB", MADE_BLOB}, {"ANY", MADE_TEXT},
};

static made_type
some_type(made_schema *made, const made_table *table)
{
    if (table->strict)
        return strict_types[below(made, sizeof strict_types / sizeof *strict_types)];
    return types[below(made, sizeof types / sizeof *types)];
}

static bool
has_column(const made_table *table, const char *name)
{
    for (unsigned i = 0; i < table->n_columns; i++)
        if (strcasecmp(table->columns[i].name, name) == 0)
            return true;
    return false;
}

static made_column *
add_column(made_schema *made, made_table *table)
{
    made_column *column = &table->columns[table->n_columns];
    made_type    type = some_type(made, table);

    do
        made_name(made, "column", column->name);
    while (has_column(table, column->name));
    column->type = type.declared;
    column->class = type.class;
    column->not_null = once_in(made, 4);
    table->n_columns++;
    return column;
}

/* ---- keys --------------------------------------------------------------------------------- */

bool
made_is_key(made_class class)
{
    return class != MADE_JSON && class != MADE_WORD && class != MADE_MOMENT &&
           class != MADE_EPOCH && class != MADE_MIXED;
}

/* Some columns in any order. */
static void
choose_columns(made_schema *made, const made_table *table, unsigned first, made_key *key)
{
    unsigned n = 1 + below(made, MADE_PARTS);

    key->n = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned column = first + below(made, table->n_columns - first);
        bool     taken = !made_is_key(table->columns[column].class);

        for (unsigned k = 0; k < key->n; k++)
            taken = taken || key->columns[k] == column;
        if (!taken)
            key->columns[key->n++] = column;
    }
}

static void
make_keys(made_schema *made, made_table *table)
{
    made_key *primary = &table->keys[0];

    if (table->rowid) {
        primary->columns[0] = 0;
        primary->n = 1;
    } else if (table->without_rowid || !once_in(made, 3)) {
        choose_columns(made, table, 0, primary);
        if (primary->n == 0) {
            table->columns[0].type = "INT";
            table->columns[0].class = MADE_INTEGER;
            primary->columns[primary->n++] = 0;
        }
    }
    table->n_keys = 1;
    while (table->n_keys < MADE_KEYS && once_in(made, 2)) {
        made_key *key = &table->keys[table->n_keys];

        choose_columns(made, table, 0, key);
        if (key->n > 0)
            table->n_keys++;
    }
}

static void
make_table(made_schema *made, made_table *table)
{
    unsigned n = 2 + below(made, 8);

    made_name(made, "table", table->name);
    table->strict = once_in(made, 6);
    table->rowid = !once_in(made, 3);
    table->without_rowid = !table->rowid && once_in(made, 3);
    table->autoincrement = table->rowid && once_in(made, 3);
    for (unsigned i = 0; i < n; i++)
        add_column(made, table);
    if (table->rowid) {
        table->columns[0].type = once_in(made, 3) ? "integer" : "INTEGER";
        table->columns[0].class = MADE_INTEGER;
    }
    make_keys(made, table);
    for (n = below(made, 3); n > 0; n--) {
        made_column *column = add_column(made, table);

        column->generated = true;
        if (table->strict)
            column->type = "ANY";
    }
}

/* ---- references --------------------------------------------------------------------------- */

static void
add_reference(made_schema *made, made_table *table)
{
    made_reference   *reference = &table->references[table->n_references];
    unsigned          at = below(made, made->n_tables);
    const made_table *parent = &made->tables[at];
    unsigned          nth = below(made, parent->n_keys);
    const made_key   *key = &parent->keys[nth];

    if (key->n == 0 || table->n_columns + key->n > MADE_COLUMNS)
        return;
    reference->parent = once_in(made, 15) ? MADE_TABLES : at;
    reference->parent_columns = *key;
    reference->implicit = nth == 0 && once_in(made, 2);
    for (unsigned i = 0; i < key->n; i++) {
        const made_column *to = &parent->columns[key->columns[i]];
        made_column       *column;

        reference->columns.columns[reference->columns.n++] = table->n_columns;
        column = add_column(made, table);
        column->not_null = false;
        column->reference = true;
        if (table->strict)
            column->type = "ANY";
        else if (!once_in(made, 6))
            column->type = to->type;
        column->class = to->class;
    }
    table->n_references++;
}

void
made_tables(made_schema *made)
{
    const unsigned n = 3 + below(made, MADE_TABLES - 3);

    for (unsigned i = 0; i < n; i++) {
        make_table(made, &made->tables[i]);
        made->n_tables++;
    }
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = below(made, 4); k > 0; k--)
            add_reference(made, &made->tables[i]);
}
