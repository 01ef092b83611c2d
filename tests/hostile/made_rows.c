/*
 * made_rows.c - rows, as statements.
 *
 * They go in without references, and SQLite leaves out those that break a
 * constraint; then the references are set to keys that are there, and what is
 * an orphan nevertheless is set to NULL.
 */
#include "made.h"

static const char *const integers[] = {"0",  "1",  "-1",         "2",
                                       "13", "42", "2147483647", "-2147483648"};
static const char *const wides[] = {"2147483648",          "-2147483649", "9007199254740993",
                                    "9223372036854775807", "0",           "-9223372036854775808"};
static const char *const reals[] = {"0.5",     "-0.25",  "1e10", "3.0",
                                    "1.5e300", "5e-324", "-0.0", "0.1"};
static const char *const texts[] = {"''",
                                    "'a'",
                                    "'A'",
                                    "'it''s'",
                                    "'\xc3\xa9'",
                                    "'e\xcc\x81'",
                                    "' blank '",
                                    "'a '",
                                    "'two\nlines'",
                                    "'\\N'",
                                    "'NULL'",
                                    "'12'",
                                    "'1.50'",
                                    "'\xf0\x9f\x98\x80'",
                                    "'a\tb'",
                                    "'%'",
                                    "'abc'",
                                    "'xyz and more'",
                                    "printf('%.5000c', 'z')"};
static const char *const blobs[] = {"x''",       "x'00'",          "x'ff00fe'",
                                    "x'414243'", "randomblob(20)", "zeroblob(3000)"};
static const char *const words[] = {"'true'", "'false'", "'yes'", "'no'", "'t'", "'f'", "'on'"};
static const char *const moments[] = {"'2024-02-29 12:34:56'",     "'2024-02-29T12:34:56Z'",
                                      "'2024-02-29 12:34:56.789'", "'2024-02-29T12:34:56.5+02:00'",
                                      "'1969-12-31 23:59:59.999'", "'2024-02-29'",
                                      "'0001-01-01 00:00:00'",     "'2024-02-29 12:34'"};
static const char *const epochs[] = {"0", "1700000000", "-1", "1700000000.5", "1700000000123"};
static const char *const dates[] = {"'2024-02-29'", "'1970-01-01'", "'0001-01-01'", "'9999-12-31'"};
static const char *const times[] = {"'12:34:56'", "'00:00'", "'23:59:59.999'"};
static const char *const jsons[] = {"'{}'",    "'{\"a\":1}'", "'[1,\"x\",null]'",
                                    "'\"s\"'", "'null'",      "'{\"a\" : \"b\"}'"};
static const char *const mixed[] = {"1", "'text'", "2.5", "NULL", "'12'", "-7", "x'4142'"};

static void
put_uuid(made_schema *made, mig_buf *sql)
{
    mig_buf_printf(sql, "'%08x-0000-4000-8000-%012x'", below(made, 100), below(made, 50));
}

static void
put_value(made_schema *made, made_class class, mig_buf *sql)
{
    switch (class) {
    case MADE_INTEGER:
        if (once_in(made, 3))
            mig_buf_puts(sql, ONE_OF(made, integers));
        else
            mig_buf_printf(sql, "%d", (int)below(made, 1000) - 200);
        return;
    case MADE_WIDE:
        mig_buf_puts(sql, once_in(made, 2) ? ONE_OF(made, wides) : ONE_OF(made, integers));
        return;
    case MADE_REAL:
        if (once_in(made, 2))
            mig_buf_puts(sql, ONE_OF(made, reals));
        else
            mig_buf_printf(sql, "%u.%u", below(made, 1000), below(made, 1000));
        return;
    case MADE_DECIMAL:
        mig_buf_printf(sql, "%s%u.%02u", once_in(made, 4) ? "-" : "", below(made, 900),
                       below(made, 100));
        return;
    case MADE_TEXT:
        if (once_in(made, 2))
            mig_buf_puts(sql, ONE_OF(made, texts));
        else
            mig_buf_printf(sql, "'w%u'", below(made, 500));
        return;
    case MADE_BLOB:
        mig_buf_puts(sql, ONE_OF(made, blobs));
        return;
    case MADE_BOOLEAN:
        mig_buf_printf(sql, "%u", below(made, 2));
        return;
    case MADE_WORD:
        mig_buf_puts(sql, ONE_OF(made, words));
        return;
    case MADE_MOMENT:
        mig_buf_puts(sql, ONE_OF(made, moments));
        return;
    case MADE_EPOCH:
        mig_buf_puts(sql, ONE_OF(made, epochs));
        return;
    case MADE_DATE:
        mig_buf_puts(sql, ONE_OF(made, dates));
        return;
    case MADE_TIME:
        mig_buf_puts(sql, ONE_OF(made, times));
        return;
    case MADE_UUID:
        put_uuid(made, sql);
        return;
    case MADE_JSON:
        mig_buf_puts(sql, ONE_OF(made, jsons));
        return;
    case MADE_MIXED:
        mig_buf_puts(sql, ONE_OF(made, mixed));
        return;
    }
}

static void
put_cell(made_schema *made, const made_table *table, const made_column *column, mig_buf *sql)
{
    if (column->reference || (!column->not_null && once_in(made, 6)))
        mig_buf_puts(sql, "NULL");
    else if (!table->strict && once_in(made, 400))
        put_value(made, (made_class)below(made, MADE_MIXED + 1), sql);
    else
        put_value(made, column->class, sql);
}

static void
put_row(made_schema *made, const made_table *table, mig_buf *sql)
{
    const char *between = " (";

    mig_buf_puts(sql, "INSERT OR IGNORE INTO ");
    made_quote(made, sql, table->name);
    for (unsigned i = 0; i < table->n_columns; i++) {
        if (table->columns[i].generated)
            continue;
        mig_buf_puts(sql, between);
        made_quote(made, sql, table->columns[i].name);
        between = ", ";
    }
    mig_buf_puts(sql, ") VALUES (");
    between = "";
    for (unsigned i = 0; i < table->n_columns; i++) {
        if (table->columns[i].generated)
            continue;
        mig_buf_puts(sql, between);
        put_cell(made, table, &table->columns[i], sql);
        between = ", ";
    }
    mig_buf_puts(sql, ");\n");
}

/* ---- references --------------------------------------------------------------------------- */

static void
put_list(made_schema *made, const made_table *table, const made_key *key, const char *between,
         mig_buf *sql)
{
    for (unsigned i = 0; i < key->n; i++) {
        mig_buf_puts(sql, i > 0 ? between : "");
        made_quote(made, sql, table->columns[key->columns[i]].name);
    }
}

static void
put_update(made_schema *made, const made_table *table, const made_reference *reference,
           mig_buf *sql)
{
    const made_table *parent;

    if (reference->parent == MADE_TABLES)
        return;
    parent = &made->tables[reference->parent];
    mig_buf_puts(sql, "UPDATE OR IGNORE ");
    made_quote(made, sql, table->name);
    mig_buf_puts(sql, " SET (");
    put_list(made, table, &reference->columns, ", ", sql);
    mig_buf_puts(sql, ") = (SELECT ");
    put_list(made, parent, &reference->parent_columns, ", ", sql);
    mig_buf_puts(sql, " FROM ");
    made_quote(made, sql, parent->name);
    mig_buf_printf(sql, " ORDER BY 1 LIMIT 1 OFFSET %u) WHERE ", below(made, 9));
    made_quote(made, sql, table->columns[below(made, table->n_columns)].name);
    mig_buf_puts(sql, " IS NOT NULL;\n");
}

/* Where types or collations differ, what was set need not be found. */
static void
put_mending(made_schema *made, const made_table *table, const made_reference *reference,
            mig_buf *sql)
{
    mig_buf_puts(sql, "UPDATE ");
    made_quote(made, sql, table->name);
    mig_buf_puts(sql, " SET ");
    put_list(made, table, &reference->columns, " = NULL, ", sql);
    mig_buf_puts(sql, " = NULL WHERE EXISTS (SELECT 1 FROM pragma_foreign_key_check(");
    mig_buf_literal(sql, table->name);
    mig_buf_puts(sql, "));\n");
}

void
made_write_rows(made_schema *made, mig_buf *sql)
{
    mig_buf_puts(sql, "BEGIN;\n");
    for (unsigned i = 0; i < made->n_tables; i++)
        for (unsigned n = once_in(made, 6) ? 0 : 1 + below(made, 40); n > 0; n--)
            put_row(made, &made->tables[i], sql);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < made->n_tables; i++)
            for (unsigned k = 0; k < made->tables[i].n_references; k++) {
                if (round == 0)
                    put_update(made, &made->tables[i], &made->tables[i].references[k], sql);
                else
                    put_mending(made, &made->tables[i], &made->tables[i].references[k], sql);
            }
    mig_buf_puts(sql, "UPDATE sqlite_sequence SET seq = seq + 1000 WHERE rowid % 2 = 0;\n");
    mig_buf_puts(sql, "COMMIT;\n");
}
