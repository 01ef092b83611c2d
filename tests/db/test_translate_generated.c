/*
 * test_translate_generated.c - translated SQL means what it meant: what is made up.
 *
 * Expressions from a grammar of each dialect, always the same ones, over the rows of
 * translated_rows.h.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG.
 */
#include "translated_rows.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "case_random.h"

TestSuite(translate_generated, .init = translated_rows_open, .fini = translated_rows_close);

/* Letters stand for expressions of a kind: C condition, I integer, R real number, T text. */
typedef struct grammar {
    const char *conditions[24], *integers[24], *reals[16], *texts[24];
} grammar;

/* The first of each are leaves, up to N_LEAVES. */
#define N_LEAVES 6

static const grammar sqlite_grammar = {
    {"active",
     "n IS NULL",
     "t = t2",
     "NULL",
     "big = 3",
     "t IN ('a', NULL)",
     "C AND C",
     "C OR C",
     "NOT C",
     "I < I",
     "I = I",
     "R >= R",
     "R = I",
     "T = T",
     "T < T",
     "T LIKE T",
     "I IN (I, I)",
     "T BETWEEN T AND T",
     "(C) IS TRUE",
     "(C) = (C)",
     "I",
     "T IS NOT T",
     "T GLOB '*[a-c]?'",
     "CASE WHEN C THEN C ELSE C END"},
    {"n",
     "big",
     "0",
     "-1",
     "NULL",
     "7",
     "(I + I)",
     "(I - I)",
     "(I * I)",
     "(I / I)",
     "(I % I)",
     "-(I)",
     "length(T)",
     "coalesce(I, I)",
     "abs(I)",
     "instr(T, T)",
     "(C)",
     "min(I, I)",
     "CASE WHEN C THEN I ELSE I END",
     "nullif(I, I)",
     "(I & I)",
     "(I << 2)",
     "CAST(R AS INTEGER)",
     "max(I, I, I)"},
    {"r", "0.5", "-2.5", "r", "0.0", "1e3", "(R + R)", "(R * I)", "(R - R)", "(R / R)", "-(R)",
     "CAST(I AS REAL)", "coalesce(R, R)", "abs(R)", "(num * R)", "CASE WHEN C THEN R END"},
    {"t",
     "t2",
     "'a'",
     "''",
     "'Zz'",
     "NULL",
     "(T || T)",
     "(T || I)",
     "lower(T)",
     "upper(T)",
     "trim(T)",
     "substr(T, 2)",
     "substr(T, 1, 2)",
     "replace(T, T, T)",
     "coalesce(T, T)",
     "CAST(I AS TEXT)",
     "nullif(T, T)",
     "CASE WHEN C THEN T ELSE T END",
     "nc",
     "ltrim(T, T)",
     "max(T, T)",
     "iif(C, T, T)",
     "CASE T WHEN T THEN T END",
     "substr(T, -2)"},
};

/* In PostgreSQL's own words; its types have to agree. */
static const grammar postgres_grammar = {
    {"active",
     "n IS NULL",
     "t = t2",
     "NULL::boolean",
     "big = 3",
     "t IN ('a', NULL)",
     "C AND C",
     "C OR C",
     "NOT C",
     "I < I",
     "I = I",
     "R >= R",
     "R = 0.5",
     "T = T",
     "T <> T",
     "t LIKE 'A%'",
     "I IN (I, I)",
     "I BETWEEN I AND I",
     "(C) IS TRUE",
     "(C) = (C)",
     "(C) IS NOT TRUE",
     "T IS DISTINCT FROM T",
     "I IS NOT DISTINCT FROM I",
     "CASE WHEN C THEN C ELSE C END"},
    {"n::bigint",
     "big",
     "0::bigint",
     "(-1)::bigint",
     "NULL::bigint",
     "7::bigint",
     "(I + I)",
     "(I - I)",
     "(I * I)",
     "(I / 3)",
     "(I % 4)",
     "-(I)",
     "length(T)",
     "coalesce(I, I)",
     "abs(I)",
     "strpos(T, T)",
     "(C)::int",
     "mod(I, 5::bigint)",
     "CASE WHEN C THEN I ELSE I END",
     "nullif(I, I)",
     "octet_length(T)",
     "position(T IN T)",
     "char_length(T)",
     "CASE I WHEN I THEN I END"},
    {"r", "0.5::float8", "(-2.5)::float8", "r", "0::float8", "1e3::float8", "(R + R)", "(R * I)",
     "(R - R)", "(R / 4)", "-(R)", "(I)::float8", "coalesce(R, R)", "abs(R)", "(num::float8 * R)",
     "CASE WHEN C THEN R END"},
    {"t",
     "t2",
     "'a'::text",
     "''::text",
     "'Zz'::text",
     "NULL::text",
     "(T || T)",
     "(I)::text",
     "btrim(T)",
     "substr(T, 2)",
     "ltrim(T)",
     "left(T, 2)",
     "right(T, 1)",
     "replace(T, 'a', T)",
     "coalesce(T, T)",
     "(C)::text",
     "nullif(T, T)",
     "CASE WHEN C THEN T ELSE T END",
     "nc",
     "ltrim(T, T)",
     "rtrim(T)",
     "substring(T, 1, 2)",
     "CASE T WHEN T THEN T END",
     "(T || 'x')"},
};

static const char *
choose(const grammar *g, char kind, bool leaf, case_random *random)
{
    switch (kind) {
    case 'C':
        return g->conditions[case_random_below(random, leaf ? N_LEAVES : 24)];
    case 'I':
        return g->integers[case_random_below(random, leaf ? N_LEAVES : 24)];
    case 'R':
        return g->reals[case_random_below(random, leaf ? N_LEAVES : 16)];
    default:
        return g->texts[case_random_below(random, leaf ? N_LEAVES : 24)];
    }
}

/* A capital by itself is a kind; those of words and of strings are not. */
static void
generate(const grammar *g, char kind, int depth, case_random *random, mig_buf *out)
{
    const char *template = choose(g, kind, depth <= 0, random);

    for (size_t i = 0; template[i] != '\0'; i++) {
        char before = i > 0 ? template[i - 1] : ' ', c = template[i], after = template[i + 1];
        bool alone =
            strchr(" ('", before) != NULL && strchr(" ),'", after) != NULL && before != '\'';

        if ((c == 'C' || c == 'I' || c == 'R' || c == 'T') && alone)
            generate(g, c, depth - 1, random, out);
        else
            mig_buf_add(out, &c, 1);
    }
}

Test(translate_generated, expressions_of_sqlite_agree)
{
    case_random random = {20260301};
    unsigned    n_translated = 0, n = 3000;

    for (unsigned i = 0; i < n; i++) {
        mig_buf source = MIG_BUF_INIT;
        char    kind = "CIRT"[i % 4];

        generate(&sqlite_grammar, kind, 1 + (int)(i % 3), &random, &source);
        if (source.len < 1500)
            n_translated +=
                translated_agrees(&translated_to_postgres, mig_buf_text(&source), kind == 'C');
        mig_buf_fini(&source);
    }
    cr_expect_gt(n_translated, n / 2, "only %u of %u were translated", n_translated, n);
}

/* Divisors and patterns stay known: a division by zero is an error there, and NULL in SQLite. */
Test(translate_generated, expressions_of_postgres_agree)
{
    case_random random = {20260302};
    unsigned    n_translated = 0, n = 800;

    for (unsigned i = 0; i < n; i++) {
        mig_buf source = MIG_BUF_INIT;

        generate(&postgres_grammar, 'C', 1 + (int)(i % 3), &random, &source);
        if (source.len < 1200) {
            char *text = translated_deparse(mig_buf_text(&source));

            n_translated += translated_agrees(&translated_to_sqlite, text, true);
            free(text);
        }
        mig_buf_fini(&source);
    }
    cr_expect_gt(n_translated, n / 2, "only %u of %u were translated", n_translated, n);
}
