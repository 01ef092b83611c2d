/*
 * values_form.c - values of one strict form, and of types that travel as text.
 */
#include "values.h"

static void
put_hex(case_random *random, mig_buf *out, unsigned n_digits)
{
    while (n_digits-- > 0)
        mig_buf_printf(out, "%x", case_random_below(random, 16));
}

void
make_uuid_text(case_random *random, unsigned n, test_cell *cell)
{
    static const unsigned groups[] = {8, 4, 4, 4, 12};
    mig_buf              *out = cell_text(cell);

    (void)n;
    for (unsigned i = 0; i < 5; i++) {
        mig_buf_puts(out, i > 0 ? "-" : "");
        put_hex(random, out, groups[i]);
    }
}

void
make_uuid_hex(case_random *random, unsigned n, test_cell *cell)
{
    (void)n;
    put_hex(random, cell_text(cell), 32);
}

void
make_uuid_blob(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_blob(cell);

    (void)n;
    for (unsigned i = 0; i < 16; i++) {
        char c = (char)(case_random_next(random) >> 32);

        mig_buf_add(out, &c, 1);
    }
}

/* ---- addresses ---------------------------------------------------------------------------- */

void
make_inet(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const edges[] = {
        "0.0.0.0",        "255.255.255.255", "::",         "::1/64",    "2001:db8::1",
        "::ffff:1.2.3.4", "10.1.2.3/8",      "fe80::1/10", "0.0.0.0/0", "1:0:0:2::3"};
    mig_buf *out;

    (void)n;
    if (case_random_once_in(random, 2)) {
        cell_choose(cell, random, edges, sizeof edges / sizeof edges[0]);
        return;
    }
    out = cell_text(cell);
    if (case_random_once_in(random, 2)) {
        for (unsigned i = 0; i < 8; i++)
            mig_buf_printf(out, "%s%x", i > 0 ? ":" : "", 1 + case_random_below(random, 0xffff));
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        mig_buf_printf(out, "%s%u", i > 0 ? "." : "", case_random_below(random, 256));
    if (case_random_once_in(random, 2))
        mig_buf_printf(out, "/%u", case_random_below(random, 32));
}

void
make_cidr(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"10.0.0.0/8",    "0.0.0.0/0", "192.168.1.1/32", "::/0",
                                        "2001:db8::/32", "::1/128",   "10.1.0.0/16"};

    (void)n;
    cell_choose(cell, random, words, 7);
}

static void
put_mac(case_random *random, mig_buf *out, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        mig_buf_printf(out, "%s%02x", i > 0 ? ":" : "", case_random_below(random, 256));
}

void
make_macaddr(case_random *random, unsigned n, test_cell *cell)
{
    (void)n;
    put_mac(random, cell_text(cell), 6);
}

void
make_macaddr8(case_random *random, unsigned n, test_cell *cell)
{
    (void)n;
    put_mac(random, cell_text(cell), 8);
}

/* ---- bits --------------------------------------------------------------------------------- */

void
make_bits(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_text(cell);

    for (unsigned i = 0; i < n; i++)
        mig_buf_puts(out, case_random_once_in(random, 2) ? "1" : "0");
}

void
make_some_bits(case_random *random, unsigned n, test_cell *cell)
{
    make_bits(random, case_random_below(random, n + 1), cell);
}

/* ---- as text ------------------------------------------------------------------------------ */

void
make_integers(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"{}", "{1,NULL,-3}", "{{1,2},{NULL,4}}", "[5:6]={1,2}",
                                        "{2147483647,-2147483648}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_texts(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"{}", "{a,\"b c\",NULL,\"NULL\",\"\"}",
                                        "{\"a\\\"b\",\"c\\\\d\"}", "{{\xc3\xa9,\"{\"},{\",\",x}}",
                                        "{\"line\nline\",\"tab\tx\"}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_floats(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"{0.1,1e+20}", "{NaN,Infinity,NULL}",
                                        "{0.30000000000000004,5e-324,1.7976931348623157e+308}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_byteas(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"{\"\\\\x00ff5c\",\"\\\\x\"}", "{NULL,\"\\\\x2722\"}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_moments(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {
        "{\"2024-02-01 03:04:05.678+00\",infinity}",
        "{\"0044-03-15 00:00:00+00 BC\",NULL,\"1999-12-31 23:59:59.999999+00\"}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_lengths(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"{P1Y2M3DT4H5M6S,PT-0.5S}",
                                        "{P-1M2DT-0.000001S,NULL,PT0S}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_range(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"empty", "[1,5)", "(,)", "[-2147483648,)", "(,7)"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_moment_range(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"empty", "[\"2024-02-01 03:04:05+00\",infinity]",
                                        "(,\"1999-12-31 23:59:59.999999+00\")"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_point(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"(0.1,-1e+300)", "(0,0)", "(NaN,Infinity)",
                                        "(0.30000000000000004,5e-324)"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_tsvector(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"'a':1 'b':2A,5", "", "'it''s':3"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

void
make_lsn(case_random *random, unsigned n, test_cell *cell)
{
    (void)n;
    mig_buf_printf(cell_text(cell), "%X/%X", case_random_below(random, 0xffffffff),
                   case_random_below(random, 0xffffffff));
}

/* The type pair (schema.c) of integer, text and bytea. */
void
make_pair(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"(1,\"x y\",\"\\\\x00ff\")", "(,,)",
                                        "(-7,\"a\\\\b\"\"c\",\"\\\\x\")"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}
