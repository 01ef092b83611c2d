/*
 * test_translate_server.c - translated SQL means what it meant: what is written down.
 *
 * Each expression and query is translated and both are evaluated over the same rows in SQLite and
 * on a server (translated_rows.h): whatever is translated has to give the same, row by row.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG.
 */
#include "translated_rows.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(translate_server, .init = translated_rows_open, .fini = translated_rows_close);

/* ---- expressions that are written down -------------------------------------------------- */

static const char *const sqlite_conditions[] = {
    "active",
    "NOT active",
    "active IN (0, 1)",
    "active = 1",
    "active <> 0",
    "active = n",
    "active IS NULL",
    "active IS TRUE",
    "active IS NOT 1",
    "active > 0",
    "active + n > 1",
    "n",
    "NOT n",
    "n AND r",
    "n = 1 OR r = 2.5",
    "n IN (1, -1, NULL)",
    "n NOT IN (1, 2)",
    "n BETWEEN -1 AND 3",
    "n NOT BETWEEN -1 AND 3",
    "n = '7'",
    "t = 5",
    "t = '5'",
    "t = -5",
    "t < 'b'",
    "t >= 'a'",
    "t > t2",
    "t = t2",
    "t <> t2",
    "t BETWEEN 'A' AND 'b'",
    "t IS t2",
    "t IN ('a', '', 'zz')",
    "t NOT IN ('a', NULL)",
    "nc = 'abc'",
    "nc = 'STRASSE'",
    "nc > 'A'",
    "nc < t",
    "t = nc",
    "nc IN ('A', 'abc')",
    "nc = 'abc' COLLATE BINARY",
    "t = 'ABC' COLLATE NOCASE",
    "t LIKE 'A%'",
    "t LIKE '%Z'",
    "t LIKE 'ä%'",
    "t2 LIKE 'a\\_c'",
    "t2 LIKE 'a\\_c' ESCAPE '\\'",
    "t LIKE t2",
    "t NOT LIKE '_'",
    "n LIKE '1%'",
    "nc LIKE 'a%'",
    "t GLOB 'A*'",
    "t GLOB '[a-z]*'",
    "t GLOB '*[^a]'",
    "t GLOB '?'",
    "t2 GLOB 'a_c'",
    "nc NOT GLOB '[[]b*'",
    "length(t) > 1",
    "length(b) = 2",
    "length(n) = 1",
    "b = x'00'",
    "b > x'00'",
    "typeof(n) = 'integer'",
    "typeof(t) = 'text'",
    "typeof(b) IN ('blob', 'null')",
    "typeof(n) <> 'integer'",
    "typeof(big) = 'null'",

    "j = '{}'",
    "j LIKE '[%'",
    "num > 0",
    "num = 0.1",
    "num = 2.5",
    "r > n",
    "r = 0.1",
    "r / n > 0.1",
    "n / big = 0",
    "big % n = 1",
    "n % 0 = 1",
    "n / 0 IS NULL",
    "-n > 0",
    "n - big < 0",
    "n * 1000000000 > 0",
    "n & 3 = 3",
    "n | 1 = 1",
    "n << 2 = 28",
    "n >> 1 = -1",
    "~n = 0",
    "d > '2000-01-01'",
    "d = '2024-02-29'",
    "d = date(d)",
    "date(ts) = d",
    "ts = datetime(ts)",
    "ms > 0",
    "ms = 1700000000123",
    "u IS NOT NULL",
    "instr(t, 'b') > 0",
    "lower(t) = lower(t2)",
    "upper(nc) = 'ABC'",
    "substr(t, 1, 1) = 'A'",
    "substr(t, -1) = 'c'",
    "trim(t) = 'x\t'",
    "trim(nc, ' b') = ''",
    "abs(n) = 1",
    "coalesce(n, 0) = 0",
    "ifnull(t, '') = ''",
    "nullif(n, 0) IS NULL",
    "nullif(t, '') IS NULL",
    "min(n, big) = -7",
    "max(t, t2) = 'a'",
    "CASE n WHEN 1 THEN t WHEN 7 THEN t2 ELSE '' END = 'abc'",
    "CASE WHEN active THEN n ELSE big END > 0",
    "CAST(n AS TEXT) = '7'",
    "CAST(r AS INTEGER) = 2",
    "CAST(n AS REAL) / 2 = 3.5",
    "t || n = 'a-1'",
    "replace(t, 'b', 'x') = 'Axc'",
    "iif(n > 1, 'x', 'y') = 'x'",
    "strftime('%Y', ts) = '2024'",
    "CAST(strftime('%m', d) AS INTEGER) = 2",
    "(n = 1) = active",
    "n > 1 = active",
    "TRUE",
    "n = TRUE",
    "NULL",
    "NOT NULL",
    "n IN ()",
    "n NOT IN ()",
    "unicode(t) = 97",
    "0x10 > n",
    "round(n) = 7",
    "hex(b) = '00FF'",
    "n IS NOT DISTINCT FROM 7",
};

static const char *const sqlite_values[] = {
    "n + 1",
    "n * big",
    "big - n",
    "-n",
    "n / 2",
    "-n / 2",
    "big / n",
    "big % n",
    "r * 2",
    "r + n",
    "r / 3",
    "num + 1",
    "num * 2.5",
    "-r",
    "n > 1",
    "NOT n",
    "t || t2",
    "t || '-' || n",
    "length(t)",
    "length(b)",
    "lower(t)",
    "upper(t)",
    "lower(nc)",
    "trim(t)",
    "ltrim(t)",
    "rtrim(nc)",
    "trim(t, 'az')",
    "substr(t, 2)",
    "substr(t, 2, 1)",

    "substr(t, -2)",
    "instr(t, 'c')",
    "instr(t, '')",
    "replace(t, '', 'x')",
    "hex(b)",
    "abs(n)",
    "abs(r)",
    "coalesce(t, t2, 'x')",
    "coalesce(active, 2)",
    "nullif(n, 7)",
    "min(n, big, 0)",
    "max(r, n)",
    "max(t, t2)",
    "CASE WHEN n > 0 THEN 'p' WHEN n < 0 THEN 'm' END",
    "typeof(n)",
    "date(ts)",
    "strftime('%Y-%m-%d', ts)",
    "strftime('%H:%M', ts)",
    "date(d)",
    "CAST(n AS TEXT)",
    "CAST(r AS INTEGER)",
    "unicode(t)",
    "n & big",
    "n | 8",
    "n << 3",
    "~n",
    "iif(active, n, big)",
    "likely(n)",
    "CASE WHEN n THEN 1 ELSE 0.5 END",
    "length(n)",
};

Test(translate_server, what_is_written_down_agrees)
{
    size_t n_conditions = sizeof sqlite_conditions / sizeof sqlite_conditions[0];
    size_t n_values = sizeof sqlite_values / sizeof sqlite_values[0];

    for (size_t i = 0; i < n_conditions; i++)
        cr_expect(translated_agrees(&translated_to_postgres, sqlite_conditions[i], true),
                  "%s is not translated", sqlite_conditions[i]);
    for (size_t i = 0; i < n_values; i++)
        cr_expect(translated_agrees(&translated_to_postgres, sqlite_values[i], false),
                  "%s is not translated", sqlite_values[i]);
}

static void
expect_all_immutable(const char *const *sources, size_t n, bool condition)
{
    for (size_t i = 0; i < n; i++) {
        mig_buf   out = MIG_BUF_INIT, why = MIG_BUF_INIT;
        mig_error err = MIG_ERROR_INIT;
        bool      done;

        cr_assert_eq(mig_translate_expression(&translated_to_postgres, sources[i],
                                              condition ? MIG_TRANSLATE_WHERE : MIG_TRANSLATE_INDEX,
                                              NULL, &out, &why, &done, &err),
                     MIG_OK);
        if (done)
            translated_expect_immutable(sources[i], mig_buf_text(&out), condition);
        mig_buf_fini(&out);
        mig_buf_fini(&why);
    }
}

Test(translate_server, what_is_translated_may_stand_in_an_index)
{
    expect_all_immutable(sqlite_conditions, sizeof sqlite_conditions / sizeof *sqlite_conditions,
                         true);
    expect_all_immutable(sqlite_values, sizeof sqlite_values / sizeof *sqlite_values, false);
}

/* ---- what the server writes back -------------------------------------------------------- */

static const char *const postgres_conditions[] = {
    "active",
    "NOT active",
    "active = true",
    "active IS NOT TRUE",
    "n IN (1, 7)",
    "n NOT IN (1, 2)",
    "t IN ('a', 'zz')",
    "t <> ALL (ARRAY['a', ''])",
    "n > 0 AND n < 10",
    "n BETWEEN -1 AND 3",
    "num > 0",
    "num >= 0.1",
    "num = 2.5",
    "r > 0.5",
    "r / 2 > 0.1",
    "n + 1 > big",
    "n / 2 = 3",
    "n % 2 = 1",
    "-n > 0",
    "t = 'a'",
    "t <> ''",
    "t <> t2",
    "length(t) > 1",
    "char_length(t) BETWEEN 1 AND 2",
    "octet_length(t) > 3",
    "octet_length(b) = 2",
    "btrim(t) <> ''",
    "t LIKE 'A%'",
    "t NOT LIKE '%z'",
    "t2 LIKE 'a\\_c'",
    "t LIKE '_'",
    "t COLLATE \"C\" > 'a'",
    "position('b' IN t) > 0",
    "substring(t, 1, 1) = 'A'",
    "left(t, 1) = 'z'",
    "right(t, 1) = 'z'",
    "replace(t, 'b', 'x') = 'Axc'",
    "coalesce(t, '') = ''",
    "nullif(n, 7) IS NULL",
    "abs(n) > 5",
    "mod(n, 2) = 0",
    "d >= '2000-01-01'",
    "d = '2024-02-29'",
    "ts > '2000-01-01'",
    "ts = '2024-02-29 12:34:56'",
    "ms > '1970-01-01 00:00:00Z'",
    "u = '01234567-89ab-cdef-0123-456789abcdef'",
    "n IS DISTINCT FROM 7",
    "CASE WHEN active THEN n > 0 ELSE true END",
    "CASE n WHEN 1 THEN 'x' ELSE t END = 'x'",
    "json_typeof(j) = 'object'",
    "json_typeof(j) = 'number'",
    "b = '\\x00ff'",
    "n::text = '7'",
    "active::int + 1 = 2",
    "active::text = 'true'",
    "t || t2 = 'aA'",
    "(n > 1) = active",
    "strpos(t, 'c') = 3",
    "n::numeric > 0.5",
    "t IS NULL OR n IS NOT NULL",
    "u::text LIKE '01%'",
    "ts::date = d",
};

Test(translate_server, what_the_server_writes_agrees)
{
    for (size_t i = 0; i < sizeof postgres_conditions / sizeof postgres_conditions[0]; i++) {
        char *text = translated_deparse(postgres_conditions[i]);

        cr_expect(translated_agrees(&translated_to_sqlite, text, true), "%s is not translated",
                  text);
        free(text);
    }
}

/* ---- queries ---------------------------------------------------------------------------- */

Test(translate_server, queries_agree)
{
    static const char *const queries[] = {
        "SELECT n, t FROM v",
        "SELECT x.* FROM (SELECT n, t, nc FROM v) AS x WHERE n > 0",
        "SELECT a.n, b.t FROM v a JOIN v AS b ON a.big = b.big + 1",
        "SELECT a.n, b.t FROM v a LEFT JOIN v b ON a.n = b.big AND b.t <> ''",
        "SELECT a.n, b.n FROM v a, v b WHERE a.n < b.n",
        "SELECT t, count(*), sum(n), min(r), max(t2) FROM v GROUP BY t",
        "SELECT active, count(n), avg(n), total(r) FROM v GROUP BY active HAVING count(*) > 1",
        "SELECT n % 2 AS odd, count(*) AS many FROM v GROUP BY odd ORDER BY many DESC",
        "SELECT n FROM v ORDER BY n LIMIT 3",
        "SELECT n FROM v ORDER BY n DESC LIMIT 3 OFFSET 1",
        "SELECT t FROM v ORDER BY t LIMIT 4",
        "SELECT DISTINCT active FROM v",
        "SELECT n FROM v UNION SELECT big FROM v",
        "SELECT n FROM v UNION ALL SELECT big FROM v EXCEPT SELECT 0",
        "SELECT n FROM v INTERSECT SELECT big FROM v",
        "SELECT n FROM v WHERE big IN (SELECT n FROM v WHERE n IS NOT NULL)",
        "SELECT n FROM v WHERE t NOT IN (SELECT t2 FROM v)",
        "SELECT n FROM v AS o WHERE EXISTS (SELECT 1 FROM v WHERE v.n = o.big)",
        "SELECT n, (SELECT max(big) FROM v x WHERE x.big < v.big) AS less FROM v",
        "WITH p(a, b) AS (SELECT n, t FROM v WHERE n > 0) SELECT p.a, q.b FROM p, p AS q",
        "SELECT s.k FROM (SELECT lower(t) AS k, n FROM v) AS s WHERE s.n > 1",
        "SELECT CASE WHEN n > 0 THEN 'up' ELSE 'down' END AS way, count(DISTINCT t) FROM v GROUP "
        "BY 1",
        "SELECT count(*) FROM v WHERE t LIKE 'a%'",
        "SELECT n FROM v JOIN (SELECT big FROM v WHERE big > 0) USING (big)",
    };

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        translated_query_agrees(&translated_to_postgres, queries[i]);
}

Test(translate_server, queries_of_the_server_agree)
{
    static const char *const queries[] = {
        " SELECT v.n,\n    v.t AS name\n   FROM v\n  WHERE (v.n > 0);",
        "SELECT a.n, b.t FROM (v a LEFT JOIN v b ON ((a.n = b.big)))",
        "SELECT v.active, count(*) AS count, sum(v.n) AS sum FROM v GROUP BY v.active",
        "SELECT v.n FROM v ORDER BY v.n DESC LIMIT 3",
        "SELECT v.n FROM v ORDER BY v.n LIMIT 3",
        "SELECT v.n FROM v WHERE (v.n IN ( SELECT v_1.big FROM v v_1))",
        "SELECT v.t FROM v UNION SELECT v.t2 FROM v",
        "WITH x AS ( SELECT v.n AS k FROM v WHERE (v.active) ) SELECT x.k FROM x",
        "SELECT v.n FROM v WHERE (EXISTS ( SELECT 1 FROM v o WHERE (o.n = v.big)))",
    };

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        translated_query_agrees(&translated_to_sqlite, queries[i]);
}
