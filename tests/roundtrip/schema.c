/*
 * schema.c - made-up schemas: names, columns, keys, and their two dialects.
 *
 * Kinds of columns are dealt like cards, so that each comes once before any comes again.
 */
#include "schema.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUE_COLUMNS 8

typedef struct card_deck {
    unsigned cards[128];
    unsigned left;
} card_deck;

/* ---- names -------------------------------------------------------------------------------- */

static const char *const words[] = {
    "order",
    "Group",
    "select",
    "t\xc3\xa4"
    "ble",
    "a\"b",
    "it's",
    "two words",
    "dot.ted",
    "UPPER",
    "back\\slash",
    "%s%n",
    "*",
    "[x]",
    "semi;--",
    " lead",
    "trail ",
    "tab\there",
    "new\nline",
    "$1",
    "?",
    "\xe6\x97\xa5\xe6\x9c\xac",
    "user",
    "\xf0\x9f\x98\x80",
    "/*",
    "plain",
    "snake_case",
    "camelCase",
    ":v",
    "@v",
    "NULL",
    "values",
    "x=y",
    "\xc3\xa9\xcc\x81",
};

static void
make_name_of(case_random *random, unsigned number, char name[64])
{
    snprintf(name, 64, "%s%u", words[case_random_below(random, sizeof words / sizeof words[0])],
             number);
    if (case_random_once_in(random, 12)) /* the longest there is: 63 bytes */
        snprintf(name, 64, "%02u%0*d", number, 61, 0);
}

/* ---- columns ------------------------------------------------------------------------------ */

static const test_kind *
deal(case_random *random, card_deck *deck)
{
    unsigned at;
    unsigned card;

    if (deck->left == 0)
        for (; deck->left < n_kinds; deck->left++)
            deck->cards[deck->left] = deck->left;
    at = case_random_below(random, deck->left);
    card = deck->cards[at];
    deck->cards[at] = deck->cards[--deck->left];
    return &kinds[card];
}

static const test_kind *
some_kind(case_random *random, unsigned flags)
{
    const test_kind *kind;

    do {
        kind = &kinds[case_random_below(random, (unsigned)n_kinds)];
    } while ((kind->flags & flags) != flags);
    return kind;
}

static table_column *
add_column(case_random *random, test_table *table, const test_kind *kind)
{
    table_column *column = &table->columns[table->n_columns];

    make_name_of(random, table->n_columns++, column->name);
    column->kind = kind;
    return column;
}

static void
make_key(case_random *random, test_table *table)
{
    unsigned strict = table->strict ? KIND_STRICT : 0;

    table->key = (key_form)case_random_below(random, KEY_COLUMNS_FORM + 2);
    if (table->key > KEY_COLUMNS_FORM)
        table->key = KEY_COLUMNS_FORM;
    if (table->key == KEY_NONE)
        return;
    table->n_key = 1;
    if (table->key != KEY_COLUMNS_FORM) {
        add_column(random, table, kind_of_integer())->not_null = true;
        return;
    }
    table->n_key += case_random_below(random, KEY_COLUMNS);
    table->without_rowid = case_random_once_in(random, 2);
    for (unsigned i = 0; i < table->n_key; i++)
        add_column(random, table, some_kind(random, KIND_KEY | strict))->not_null = true;
}

static void
add_reference(case_random *random, test_table *table, const struct test_table *parent)
{
    table_reference *reference = &table->references[table->n_references];

    if (parent->n_key == 0 || table->n_columns + parent->n_key > SCHEMA_COLUMNS - 1)
        return;
    /* A STRICT table has no columns of the parent's other types. */
    for (unsigned i = 0; i < parent->n_key && table->strict; i++)
        if ((parent->columns[i].kind->flags & KIND_STRICT) == 0)
            return;
    table->n_references++;
    reference->parent = parent;
    reference->first_column = table->n_columns;
    for (unsigned i = 0; i < parent->n_key; i++)
        add_column(random, table, parent->columns[i].kind);
}

static void
make_table(case_random *random, test_schema *schema, card_deck *deck)
{
    unsigned    number = schema->n_tables++;
    test_table *table = &schema->tables[number];

    make_name_of(random, number, table->name);
    table->strict = case_random_once_in(random, 6);
    make_key(random, table);
    for (unsigned i = 0; i < VALUE_COLUMNS - 3 + case_random_below(random, 3); i++) {
        table_column *column = add_column(
            random, table, table->strict ? some_kind(random, KIND_STRICT) : deal(random, deck));

        column->not_null = case_random_once_in(random, 4);
        column->unique = (column->kind->flags & KIND_KEY) != 0 && case_random_once_in(random, 6);
    }
    if (case_random_once_in(random, 4))
        add_column(random, table, kind_of_integer())->generated = true;
}

void
schema_make(case_random *random, test_schema *schema)
{
    card_deck deck = {.left = 0};

    memset(schema, 0, sizeof *schema);
    while (schema->n_tables < SCHEMA_TABLES)
        make_table(random, schema, &deck);
    /* To any table: to itself, to one that refers back, to one behind it. */
    for (unsigned i = 0; i < schema->n_tables; i++)
        for (unsigned n = case_random_below(random, 3); n > 0; n--)
            add_reference(random, &schema->tables[i],
                          case_random_once_in(random, 4)
                              ? &schema->tables[i]
                              : &schema->tables[case_random_below(random, schema->n_tables)]);
}

/* ---- SQL ---------------------------------------------------------------------------------- */

static void
put_names(mig_buf *sql, const test_table *table, unsigned first, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        mig_buf_identifier(sql, table->columns[first + i].name);
    }
}

static void
put_references(mig_buf *sql, const test_table *table, const table_reference *reference)
{
    const struct test_table *parent = reference->parent;

    mig_buf_puts(sql, "FOREIGN KEY (");
    put_names(sql, table, reference->first_column, parent->n_key);
    mig_buf_puts(sql, ") REFERENCES ");
    mig_buf_identifier(sql, parent->name);
    mig_buf_puts(sql, " (");
    put_names(sql, parent, 0, parent->n_key);
    mig_buf_puts(sql, ")");
}

/* What both dialects have behind the type. */
static void
put_constraints(mig_buf *sql, const table_column *column)
{
    if (column->generated)
        mig_buf_puts(sql, " GENERATED ALWAYS AS (3 * 14) STORED");
    if (column->not_null)
        mig_buf_puts(sql, " NOT NULL");
    if (column->unique)
        mig_buf_puts(sql, " UNIQUE");
    if (column->kind->make == make_boolean && strcmp(column->kind->postgres, "boolean") != 0)
        mig_buf_puts(sql, " DEFAULT '1'");
    else if (column->kind->make == make_text && column->not_null)
        mig_buf_puts(sql, " DEFAULT 'it''s'");
}

static void
put_key(mig_buf *sql, const test_table *table)
{
    mig_buf_puts(sql, ", PRIMARY KEY (");
    put_names(sql, table, 0, table->n_key);
    mig_buf_puts(sql, ")");
}

static void
put_sqlite_table(mig_buf *sql, const test_table *table)
{
    mig_buf_puts(sql, "CREATE TABLE ");
    mig_buf_identifier(sql, table->name);
    for (unsigned i = 0; i < table->n_columns; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : " (");
        mig_buf_identifier(sql, table->columns[i].name);
        mig_buf_printf(sql, " %s", table->columns[i].kind->sqlite);
        if (i == 0 && (table->key == KEY_ROWID || table->key == KEY_AUTOINCREMENT))
            mig_buf_puts(sql, " PRIMARY KEY");
        if (i == 0 && table->key == KEY_AUTOINCREMENT)
            mig_buf_puts(sql, " AUTOINCREMENT");
        put_constraints(sql, &table->columns[i]);
    }
    if (table->key == KEY_COLUMNS_FORM)
        put_key(sql, table);
    for (unsigned i = 0; i < table->n_references; i++) {
        mig_buf_puts(sql, ", ");
        put_references(sql, table, &table->references[i]);
    }
    mig_buf_puts(sql, ")");
    if (table->strict)
        mig_buf_puts(sql, " STRICT");
    if (table->without_rowid)
        mig_buf_puts(sql, table->strict ? ", WITHOUT ROWID" : " WITHOUT ROWID");
    mig_buf_puts(sql, ";\n");
}

void
schema_sqlite(const test_schema *schema, mig_buf *sql)
{
    for (unsigned i = 0; i < schema->n_tables; i++)
        put_sqlite_table(sql, &schema->tables[i]);
}

static const char *
postgres_type(case_random *random, const test_table *table, unsigned column)
{
    static const char *const numbered[] = {"bigint GENERATED ALWAYS AS IDENTITY",
                                           "bigint GENERATED BY DEFAULT AS IDENTITY", "bigserial"};

    if (column == 0 && table->key == KEY_AUTOINCREMENT)
        return numbered[case_random_below(random, 3)];
    return table->columns[column].kind->postgres;
}

static void
put_postgres_table(case_random *random, mig_buf *sql, const test_table *table)
{
    unsigned first = case_random_below(random, table->n_columns);

    mig_buf_puts(sql, "CREATE TABLE ");
    mig_buf_identifier(sql, table->name);
    for (unsigned i = 0; i < table->n_columns; i++) {
        unsigned at = (first + i) % table->n_columns;

        mig_buf_puts(sql, i > 0 ? ", " : " (");
        mig_buf_identifier(sql, table->columns[at].name);
        mig_buf_printf(sql, " %s", postgres_type(random, table, at));
        put_constraints(sql, &table->columns[at]);
    }
    if (table->n_key > 0)
        put_key(sql, table);
    mig_buf_puts(sql, ");\n");
}

void
schema_postgres(case_random *random, const test_schema *schema, mig_buf *sql)
{
    mig_buf_puts(sql, kinds_types);
    for (unsigned i = 0; i < schema->n_tables; i++)
        put_postgres_table(random, sql, &schema->tables[i]);
    for (unsigned i = 0; i < schema->n_tables; i++) {
        for (unsigned k = 0; k < schema->tables[i].n_references; k++) {
            mig_buf_puts(sql, "ALTER TABLE ");
            mig_buf_identifier(sql, schema->tables[i].name);
            mig_buf_puts(sql, " ADD ");
            put_references(sql, &schema->tables[i], &schema->tables[i].references[k]);
            mig_buf_puts(sql, ";\n");
        }
    }
}
