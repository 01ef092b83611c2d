/*
 * made_clauses.c - checks, defaults, collations, generated columns.
 */
#include <string.h>

#include "made.h"

typedef struct made_form {
    made_class class;
    const char *form; /* % stands for the column */
} made_form;

#define ANY_CLASS MADE_MIXED

static const made_form checks[] = {
    {MADE_INTEGER, "% >= -1000000"},
    {MADE_INTEGER, "% IS NULL OR % BETWEEN -5000000000 AND 0x7fffffff"},
    {MADE_INTEGER, "typeof(%) IN ('integer', 'null')"},
    {MADE_INTEGER, "% <> 13 AND NOT (% = 77)"},
    {MADE_INTEGER, "CASE WHEN % > 0 THEN 1 ELSE % <= 0 OR % IS NULL END"},
    {MADE_INTEGER, "% % 7 <> 9"},
    {MADE_INTEGER, "abs(%) < 9000000000000000000"},
    {MADE_INTEGER, "%"},
    {MADE_WIDE, "% > -9223372036854775807 - 1 OR % IS NULL"},
    {MADE_BOOLEAN, "% IN (0, 1)"},
    {MADE_BOOLEAN, "% = 0 OR % = 1"},
    {MADE_BOOLEAN, "% IN (TRUE, FALSE)"},
    {MADE_BOOLEAN, "% BETWEEN 0 AND 1"},
    {MADE_BOOLEAN, "% OR NOT %"},
    {MADE_REAL, "% < 1e300"},
    {MADE_REAL, "round(%, 2) > -1e200"},
    {MADE_DECIMAL, "% >= 0.0 OR % < 0"},
    {MADE_TEXT, "length(%) < 100000"},
    {MADE_TEXT, "% IN ('a', 'b', 'it''s', '') OR length(%) >= 0"},
    {MADE_TEXT, "% NOT GLOB '*[0-9]x?'"},
    {MADE_TEXT, "% NOT LIKE 'no%%such\\_' ESCAPE '\\'"},
    {MADE_TEXT, "% = trim(%) OR 1"},
    {MADE_TEXT, "upper(%) <> 'FORBIDDEN'"},
    {MADE_TEXT, "% <> \"not a column\""},
    {MADE_TEXT, "coalesce(%, '') || 'x' != ''"},
    {MADE_TEXT, "typeof(%) = 'text' OR % IS NULL"},
    {MADE_TEXT, "instr(%, 'zzz') = 0"},
    {MADE_TEXT, "% != '' AND substr(%, 1, 1) >= ' '"},
    {MADE_TEXT, "% COLLATE NOCASE <> 'forbidden'"},
    {MADE_BLOB, "% IS NULL OR length(%) <= 1000000"},
    {MADE_BLOB, "% <> x'DEAD'"},
    {MADE_MOMENT, "% > '1900'"},
    {MADE_MOMENT, "% IS NULL OR % < datetime('9999-12-31')"},
    {MADE_DATE, "% IS date(%) OR 1 = 1"},
    {MADE_UUID, "length(%) = 36 OR % IS NULL"},
    {MADE_JSON, "json_valid(%)"},
    {ANY_CLASS, "% IS NULL OR % IS NOT NULL"},
    {ANY_CLASS, "% ISNULL OR % NOTNULL"},
    {ANY_CLASS, "1"},
};

static const made_form defaults[] = {
    {MADE_INTEGER, "0"},
    {MADE_INTEGER, "-1"},
    {MADE_INTEGER, "+5"},
    {MADE_INTEGER, "0x1F"},
    {MADE_INTEGER, "'7'"},
    {MADE_INTEGER, "(1 + 2 * 3)"},
    {MADE_INTEGER, "''"},
    {MADE_INTEGER, "1.0"},
    {MADE_INTEGER, "TRUE"},
    {MADE_INTEGER, "(strftime('%%s', 'now'))"},
    {MADE_INTEGER, "(abs(random()) % 10)"},
    {MADE_WIDE, "9223372036854775807"},
    {MADE_WIDE, "-9223372036854775808"},
    {MADE_BOOLEAN, "1"},
    {MADE_BOOLEAN, "'f'"},
    {MADE_BOOLEAN, "FALSE"},
    {MADE_WORD, "'yes'"},
    {MADE_BOOLEAN, "\"true\""},
    {MADE_REAL, "0.1"},
    {MADE_REAL, "-1e10"},
    {MADE_REAL, ".5"},
    {MADE_REAL, "1"},
    {MADE_DECIMAL, "0.00"},
    {MADE_DECIMAL, "'12.50'"},
    {MADE_TEXT, "'it''s'"},
    {MADE_TEXT, "'null'"},
    {MADE_TEXT, "\"double quoted\""},
    {MADE_TEXT, "bare"},
    {MADE_TEXT, "'back\\slash'"},
    {MADE_TEXT, "'two\nlines'"},
    {MADE_TEXT, "''"},
    {MADE_TEXT, "5"},
    {MADE_TEXT, "('a' || 'b')"},
    {MADE_TEXT, "(lower('X'))"},
    {MADE_TEXT, "(hex(randomblob(4)))"},
    {MADE_TEXT, "CURRENT_TIMESTAMP"},
    {MADE_TEXT, "x'414243'"},
    {MADE_BLOB, "x'00ff'"},
    {MADE_BLOB, "'text'"},
    {MADE_BLOB, "(zeroblob(3))"},
    {MADE_MOMENT, "CURRENT_TIMESTAMP"},
    {MADE_MOMENT, "(datetime('now'))"},
    {MADE_MOMENT, "(datetime('now', 'localtime'))"},
    {MADE_MOMENT, "(strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now'))"},
    {MADE_MOMENT, "'2020-01-01 00:00:00'"},
    {MADE_MOMENT, "0"},
    {MADE_EPOCH, "(strftime('%%s','now'))"},
    {MADE_EPOCH, "(unixepoch())"},
    {MADE_DATE, "CURRENT_DATE"},
    {MADE_DATE, "(date('now', '+1 day'))"},
    {MADE_DATE, "'1970-01-01'"},
    {MADE_TIME, "CURRENT_TIME"},
    {MADE_TIME, "'12:00'"},
    {MADE_UUID, "'00000000-0000-0000-0000-000000000000'"},
    {MADE_JSON, "'{}'"},
    {MADE_JSON, "'[]'"},
    {ANY_CLASS, "NULL"},
    {ANY_CLASS, "(NULL)"},
};

static const made_form generated[] = {
    {MADE_INTEGER, "% + 1"},
    {MADE_INTEGER, "% * 2.5"},
    {MADE_INTEGER, "% / 2"},
    {MADE_INTEGER, "CASE WHEN % > 5 THEN 'many' ELSE 'few' END"},
    {MADE_INTEGER, "% > 0"},
    {MADE_INTEGER, "% & 255"},
    {MADE_INTEGER, "CAST(% AS TEXT)"},
    {MADE_WIDE, "% - 1"},
    {MADE_BOOLEAN, "NOT %"},
    {MADE_REAL, "% * 2"},
    {MADE_REAL, "CAST(% AS INTEGER)"},
    {MADE_REAL, "round(%, 1)"},
    {MADE_DECIMAL, "% + 0.5"},
    {MADE_TEXT, "% || '!'"},
    {MADE_TEXT, "upper(%)"},
    {MADE_TEXT, "length(%)"},
    {MADE_TEXT, "substr(%, 2, 3)"},
    {MADE_TEXT, "coalesce(%, 'none')"},
    {MADE_TEXT, "replace(%, 'a', 'b')"},
    {MADE_TEXT, "iif(% IS NULL, 1, 0)"},
    {MADE_TEXT, "trim(%)"},
    {MADE_TEXT, "% IS NULL"},
    {MADE_TEXT, "nullif(%, '')"},
    {MADE_BLOB, "hex(%)"},
    {MADE_BLOB, "length(%)"},
    {MADE_MOMENT, "date(%)"},
    {MADE_MOMENT, "strftime('%%Y', %)"},
    {MADE_DATE, "substr(%, 1, 4)"},
    {MADE_JSON, "json_extract(%, '$.a')"},
    {MADE_JSON, "% ->> 'a'"},
    {ANY_CLASS, "typeof(%)"},
    {ANY_CLASS, "% IS NOT NULL"},
    {ANY_CLASS, "'constant'"},
};

#define N_OF(forms) (sizeof(forms) / sizeof *(forms))

/* "%%" and "% " before a digit stay as they are. */
static void
put_form(made_schema *made, const char *form, const char *column, mig_buf *sql)
{
    for (; *form != '\0'; form++) {
        if (form[0] == '%' && form[1] == '%') {
            mig_buf_puts(sql, "%");
            form++;
        } else if (form[0] == '%' && form[1] == ' ' && form[2] >= '0' && form[2] <= '9') {
            mig_buf_puts(sql, "%");
        } else if (form[0] == '%') {
            made_quote(made, sql, column);
        } else {
            mig_buf_add(sql, form, 1);
        }
    }
}

static const char *
some_form(made_schema *made, const made_form *forms, size_t n, made_class class)
{
    for (unsigned tries = 0; tries < 200; tries++) {
        const made_form *form = &forms[below(made, (unsigned)n)];

        if (form->class == class || (form->class == ANY_CLASS && once_in(made, 8)))
            return form->form;
    }
    return forms[n - 1].form;
}

void
made_write_check(made_schema *made, const made_table *table, unsigned column, mig_buf *sql)
{
    mig_buf_puts(sql, "CHECK (");
    put_form(made, some_form(made, checks, N_OF(checks), table->columns[column].class),
             table->columns[column].name, sql);
    mig_buf_puts(sql, ")");
}

void
made_write_clauses(made_schema *made, const made_table *table, unsigned i, mig_buf *sql)
{
    static const char *const collations[] = {"NOCASE", "RTRIM", "BINARY", "nocase"};
    const made_column       *column = &table->columns[i];

    if (once_in(made, 3)) {
        mig_buf_puts(sql, " DEFAULT ");
        put_form(made, some_form(made, defaults, N_OF(defaults), column->class), column->name, sql);
    }
    if (column->class == MADE_TEXT && once_in(made, 5))
        mig_buf_printf(sql, " COLLATE %s", ONE_OF(made, collations));
    if (once_in(made, 5)) {
        if (once_in(made, 4))
            mig_buf_printf(sql, " CONSTRAINT ck%u", below(made, 4));
        mig_buf_puts(sql, " ");
        made_write_check(made, table, i, sql);
    }
    if (!column->reference && made_is_key(column->class) && once_in(made, 12))
        mig_buf_puts(sql, " UNIQUE");
}

void
made_write_generated(made_schema *made, const made_table *table, unsigned column, mig_buf *sql)
{
    unsigned from = below(made, column);

    mig_buf_puts(sql, once_in(made, 2) ? " GENERATED ALWAYS AS (" : " AS (");
    put_form(made, some_form(made, generated, N_OF(generated), table->columns[from].class),
             table->columns[from].name, sql);
    mig_buf_puts(sql, once_in(made, 2) ? ") STORED" : once_in(made, 2) ? ") VIRTUAL" : ")");
    if (table->columns[column].not_null && once_in(made, 3))
        mig_buf_puts(sql, " NOT NULL");
}
