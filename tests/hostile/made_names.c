/*
 * made_names.c - names that a schema should not have, but may.
 */
#include <stdio.h>
#include <string.h>

#include "made.h"

#define LONG_NAME "a_name_that_is_so_long_that_PostgreSQL_does_not_keep_all_of_it_"
#define LONG_WIDE                                                                                  \
    "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4"             \
    "\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6"             \
    "\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbcz"

/* With a number behind it, so that none comes twice. */
static const char *const stems[] = {
    "t",
    "T",
    "order",
    "Select",
    "a b",
    "it's",
    "we\"ird",
    "dot.ted",
    "Gr\xc3\xb6\xc3\x9f"
    "e",
    "\xe8\xa1\xa8",
    "pg_things",
    "Case",
    "%s%d",
    "back\\slash",
    "semi;colon",
    "-- dash",
    "/*c*/",
    "[br]",
    "`tick`",
    " lead",
    "tab\tbed",
    "1st",
    "$1",
    "?",
    ":x",
    "x$y",
    "table",
    "a,b",
    "(p)",
    LONG_NAME,
    LONG_NAME "X",
    LONG_WIDE,
    "\xf0\x9f\x98\x80",
    "e\xcc\x81",
    "\xc3\xa9",
    "{j}",
    "#",
    "a=b",
    "nextval('s')",
    "$$",
};

/* Once in a while as they are. */
static const char *const words[] = {
    "user",  "order", "group", "select",  "pg_class", "information_schema", "public",
    "value", "id",    "ID",    "default", "null",     "current_date",       "nocase",
};

static const char *const column_words[] = {
    "ctid", "xmin", "oid",  "tableoid", "cmax", "rowid", "_rowid_", "id",
    "Id",   "date", "user", "order",    "Key",  "true",  "value",   "ctid_",
};

unsigned
below(made_schema *made, unsigned n)
{
    return case_random_below(made->random, n);
}

bool
once_in(made_schema *made, unsigned n)
{
    return below(made, n) == 0;
}

const char *
one_of(made_schema *made, const char *const *list, size_t n)
{
    return list[below(made, (unsigned)n)];
}

void
made_name(made_schema *made, const char *kind, char *name)
{
    const bool  column = strcmp(kind, "column") == 0;
    const char *of = made->n_tables > 0 ? made->tables[below(made, made->n_tables)].name : "t1";

    made->n_names++;
    if (once_in(made, column ? 5 : 8)) {
        snprintf(name, MADE_NAME, "%s", column ? ONE_OF(made, column_words) : ONE_OF(made, words));
    } else if (!column && once_in(made, 6)) {
        /* As the keys of a table would be called. */
        static const char *const ends[] = {"_pkey", "_a_key", "_key", "_check", "_seq", "_fkey"};

        snprintf(name, MADE_NAME, "%.100s%s", of, ONE_OF(made, ends));
    } else if (once_in(made, 2)) {
        snprintf(name, MADE_NAME, "%s%u",
                 column             ? "c"
                 : once_in(made, 2) ? "t"
                                    : "T",
                 made->n_names);
    } else {
        snprintf(name, MADE_NAME, "%s%u", ONE_OF(made, stems), made->n_names);
    }
}

static bool
is_plain(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               strlen(name) &&
           (name[0] == 't' || name[0] == 'T' || name[0] == 'c') && name[1] >= '0' && name[1] <= '9';
}

static void
put_between(mig_buf *sql, const char *name, char open, char close)
{
    mig_buf_printf(sql, "%c", open);
    for (; *name != '\0'; name++) {
        if (*name == close)
            mig_buf_printf(sql, "%c", close);
        mig_buf_add(sql, name, 1);
    }
    mig_buf_printf(sql, "%c", close);
}

void
made_quote(made_schema *made, mig_buf *sql, const char *name)
{
    const unsigned form = below(made, 6);

    if (is_plain(name) && form < 3)
        mig_buf_puts(sql, name);
    else if (form == 3)
        put_between(sql, name, '`', '`');
    else if (form == 4 && strchr(name, ']') == NULL)
        mig_buf_printf(sql, "[%s]", name);
    else
        put_between(sql, name, '"', '"');
}
