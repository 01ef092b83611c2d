/*
 * made_objects.c - indexes, views, triggers, virtual tables.
 */
#include "made.h"

static void
put_quoted_name(made_schema *made, mig_buf *sql, const char *kind)
{
    char name[MADE_NAME];

    made_name(made, kind, name);
    made_quote(made, sql, name);
}

/* ---- indexes ------------------------------------------------------------------------------ */

static void
put_part(made_schema *made, mig_buf *sql, const made_column *column)
{
    static const char *const calls[] = {"lower", "length", "coalesce(NULL, ", "abs", "hex"};
    static const char *const ends[] = {
        "", "", " DESC", " ASC", " COLLATE NOCASE", " COLLATE RTRIM"};

    if (once_in(made, 6)) {
        unsigned call = below(made, 5);

        mig_buf_printf(sql, "%s%s", calls[call], call == 2 ? "" : "(");
        made_quote(made, sql, column->name);
        mig_buf_puts(sql, ")");
    } else {
        made_quote(made, sql, column->name);
    }
    mig_buf_puts(sql, ONE_OF(made, ends));
}

static const made_column *
some_part(made_schema *made, const made_table *table, bool unique)
{
    const made_column *column;

    do
        column = &table->columns[below(made, table->n_columns)];
    while (unique && column != table->columns && !made_is_key(column->class));
    return column;
}

static void
put_index(made_schema *made, mig_buf *sql)
{
    static const char *const tests[] = {" IS NOT NULL", " > 0", " <> ''",
                                        " IN (1, 'x')", " = 1", ""};
    const made_table        *table = &made->tables[below(made, made->n_tables)];

    const bool unique = once_in(made, 4);

    mig_buf_printf(sql, "CREATE %sINDEX ", unique ? "UNIQUE " : "");
    put_quoted_name(made, sql, "index");
    mig_buf_puts(sql, " ON ");
    made_quote(made, sql, table->name);
    mig_buf_puts(sql, " (");
    for (unsigned n = 1 + below(made, 3), i = 0; i < n; i++) {
        mig_buf_puts(sql, i > 0 ? ", " : "");
        put_part(made, sql, some_part(made, table, unique));
    }
    mig_buf_puts(sql, ")");
    if (once_in(made, 4)) {
        mig_buf_puts(sql, " WHERE ");
        made_quote(made, sql, table->columns[below(made, table->n_columns)].name);
        mig_buf_puts(sql, ONE_OF(made, tests));
    }
    mig_buf_puts(sql, ";\n");
}

/* ---- views -------------------------------------------------------------------------------- */

static void
put_view(made_schema *made, mig_buf *sql)
{
    const made_table  *table = &made->tables[below(made, made->n_tables)];
    const made_table  *other = &made->tables[below(made, made->n_tables)];
    const made_column *column = &table->columns[below(made, table->n_columns)];
    const made_column *of = &other->columns[below(made, other->n_columns)];
    const unsigned     form = below(made, 6);

    mig_buf_puts(sql, "CREATE VIEW ");
    put_quoted_name(made, sql, "view");
    mig_buf_puts(sql, form == 0 ? " (\"a b\", n) AS SELECT " : " AS SELECT ");
    if (form == 1)
        mig_buf_puts(sql, "*");
    else
        made_quote(made, sql, column->name);
    if (form == 0 || form == 2)
        mig_buf_puts(sql, ", count(*) AS n");
    mig_buf_puts(sql, " FROM ");
    made_quote(made, sql, form == 3 ? "no such" : table->name);
    if (form == 4) {
        mig_buf_puts(sql, " AS x LEFT JOIN ");
        made_quote(made, sql, other->name);
        mig_buf_puts(sql, " AS \"y z\" ON x.");
        made_quote(made, sql, column->name);
        mig_buf_puts(sql, " = \"y z\".");
        made_quote(made, sql, of->name);
    }
    if (form == 0 || form == 2) {
        mig_buf_puts(sql, " GROUP BY ");
        made_quote(made, sql, column->name);
    }
    if (form == 5) {
        mig_buf_puts(sql, " WHERE ");
        made_quote(made, sql, column->name);
        mig_buf_puts(sql, " IS NOT NULL ORDER BY 1 LIMIT 10");
    }
    mig_buf_puts(sql, ";\n");
}

static void
put_trigger(made_schema *made, mig_buf *sql)
{
    mig_buf_puts(sql, "CREATE TRIGGER ");
    put_quoted_name(made, sql, "trigger");
    mig_buf_puts(sql, once_in(made, 2) ? " AFTER UPDATE ON " : " BEFORE DELETE ON ");
    made_quote(made, sql, made->tables[below(made, made->n_tables)].name);
    mig_buf_puts(sql, " BEGIN SELECT 'it''s; END'; END;\n");
}

static void
put_virtual(made_schema *made, mig_buf *sql)
{
    static const char *const modules[] = {" USING fts5(a, \"b c\")",
                                          " USING rtree(id, x0, x1, y0, y1)",
                                          " USING fts4(a, tokenize=porter)"};

    mig_buf_puts(sql, "CREATE VIRTUAL TABLE ");
    put_quoted_name(made, sql, "virtual");
    mig_buf_printf(sql, "%s;\n", ONE_OF(made, modules));
}

void
made_write_objects(made_schema *made, mig_buf *sql)
{
    for (unsigned n = below(made, 10); n > 0; n--)
        put_index(made, sql);
    for (unsigned n = below(made, 4); n > 0; n--)
        put_view(made, sql);
    for (unsigned n = below(made, 3); n > 0; n--)
        put_trigger(made, sql);
    if (once_in(made, 3))
        put_virtual(made, sql);
}
