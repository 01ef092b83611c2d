/*
 * made_write.c - CREATE TABLE.
 */
#include <ctype.h>
#include <string.h>

#include "made.h"

static const char *const actions[] = {"SET NULL", "SET DEFAULT", "CASCADE", "RESTRICT",
                                      "NO ACTION"};

/* Now and then in another case of letters, which SQLite does not tell apart. */
static void
put_name(made_schema *made, mig_buf *sql, const char *name, unsigned odds)
{
    char other[MADE_NAME];

    if (!once_in(made, odds)) {
        made_quote(made, sql, name);
        return;
    }
    for (size_t i = 0; i <= strlen(name); i++)
        other[i] = (char)(name[i] >= 0 && isalpha((unsigned char)name[i]) ? name[i] ^ ('a' - 'A')
                                                                          : name[i]);
    made_quote(made, sql, other);
}

static void
put_columns(made_schema *made, mig_buf *sql, const made_table *table, const made_key *key)
{
    mig_buf_puts(sql, "(");
    for (unsigned i = 0; i < key->n; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        put_name(made, sql, table->columns[key->columns[i]].name, 8);
    }
    mig_buf_puts(sql, ")");
}

static void
put_key(made_schema *made, mig_buf *sql, const made_table *table, const made_key *key)
{
    static const char *const ends[] = {
        " DESC", " ASC", " COLLATE NOCASE", " COLLATE RTRIM", " COLLATE binary", "", "", "", "", "",
        "",      ""};

    mig_buf_puts(sql, " (");
    for (unsigned i = 0; i < key->n; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        put_name(made, sql, table->columns[key->columns[i]].name, 8);
        mig_buf_puts(sql, ONE_OF(made, ends));
    }
    mig_buf_puts(sql, ")");
}

static void
put_conflict(made_schema *made, mig_buf *sql)
{
    if (once_in(made, 12))
        mig_buf_puts(sql, once_in(made, 2) ? " ON CONFLICT REPLACE" : " ON CONFLICT ABORT");
}

static void
put_reference(made_schema *made, mig_buf *sql, const made_reference *reference)
{
    const made_table *parent =
        &made->tables[reference->parent < MADE_TABLES ? reference->parent : 0];

    mig_buf_puts(sql, " REFERENCES ");
    if (reference->parent == MADE_TABLES)
        mig_buf_puts(sql, "no_such_table");
    else
        put_name(made, sql, parent->name, 4);
    if (!reference->implicit)
        put_columns(made, sql, parent, &reference->parent_columns);
    if (once_in(made, 3))
        mig_buf_printf(sql, " ON DELETE %s", ONE_OF(made, actions));
    if (once_in(made, 4))
        mig_buf_printf(sql, " ON UPDATE %s", ONE_OF(made, actions));
    if (once_in(made, 8))
        mig_buf_puts(sql, " MATCH FULL");
    if (once_in(made, 4))
        mig_buf_puts(sql, once_in(made, 2) ? " DEFERRABLE INITIALLY DEFERRED" : " NOT DEFERRABLE");
}

static void
put_column(made_schema *made, mig_buf *sql, const made_table *table, unsigned i)
{
    const made_column *column = &table->columns[i];

    made_quote(made, sql, column->name);
    mig_buf_printf(sql, " %s", column->type);
    if (i == 0 && table->rowid) {
        mig_buf_printf(sql, " PRIMARY KEY%s", table->autoincrement ? " AUTOINCREMENT" : "");
        return;
    }
    if (column->generated) {
        made_write_generated(made, table, i, sql);
        return;
    }
    if (column->not_null) {
        mig_buf_puts(sql, " NOT NULL");
        put_conflict(made, sql);
    }
    made_write_clauses(made, table, i, sql);
}

static void
put_comment(made_schema *made, mig_buf *sql)
{
    static const char *const comments[] = {" -- it's a \"comment\", (\n", " /* , ) ; ' */ ", "\n",
                                           "\t"};

    if (once_in(made, 5))
        mig_buf_puts(sql, ONE_OF(made, comments));
}

static void
put_constraints(made_schema *made, mig_buf *sql, const made_table *table)
{
    for (unsigned i = 0; i < table->n_keys; i++) {
        if (table->keys[i].n == 0 || (i == 0 && table->rowid))
            continue;
        mig_buf_puts(sql, ",\n  ");
        if (once_in(made, 4))
            mig_buf_printf(sql, "CONSTRAINT \"k %u\" ", below(made, 3));
        mig_buf_puts(sql, i == 0 ? "PRIMARY KEY" : "UNIQUE");
        put_key(made, sql, table, &table->keys[i]);
        put_conflict(made, sql);
        put_comment(made, sql);
    }
    for (unsigned i = 0; i < table->n_references; i++) {
        mig_buf_puts(sql, ",\n  ");
        if (once_in(made, 4))
            mig_buf_printf(sql, "CONSTRAINT fk%u ", below(made, 3));
        mig_buf_puts(sql, "FOREIGN KEY ");
        put_columns(made, sql, table, &table->references[i].columns);
        put_reference(made, sql, &table->references[i]);
    }
    for (unsigned n = below(made, 3); n > 0; n--) {
        mig_buf_puts(sql, ",\n  ");
        if (once_in(made, 3))
            mig_buf_printf(sql, "CONSTRAINT [ck %u] ", below(made, 3));
        made_write_check(made, table, below(made, table->n_columns), sql);
    }
}

static void
put_table(made_schema *made, mig_buf *sql, const made_table *table)
{
    const char *between = "";

    mig_buf_puts(sql, "CREATE TABLE ");
    made_quote(made, sql, table->name);
    mig_buf_puts(sql, " (\n  ");
    for (unsigned i = 0; i < table->n_columns; i++) {
        mig_buf_puts(sql, between);
        put_column(made, sql, table, i);
        put_comment(made, sql);
        between = ",\n  ";
    }
    put_constraints(made, sql, table);
    mig_buf_puts(sql, "\n)");
    if (table->strict)
        mig_buf_puts(sql, " STRICT");
    if (table->without_rowid)
        mig_buf_puts(sql, table->strict ? ", WITHOUT ROWID" : " WITHOUT ROWID");
    mig_buf_puts(sql, ";\n");
}

void
made_write_tables(made_schema *made, mig_buf *sql)
{
    for (unsigned i = 0; i < made->n_tables; i++)
        put_table(made, sql, &made->tables[i]);
}
