/*
 * values_text.c - texts, documents and bytes.
 */
#include "json_cases.h"
#include "values.h"

static void
put_utf8(mig_buf *out, uint32_t c)
{
    char   bytes[4] = {(char)c};
    size_t len = 1;

    if (c >= 0x10000) {
        bytes[0] = (char)(0xf0 | c >> 18);
        bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
        len = 4;
    } else if (c >= 0x800) {
        bytes[0] = (char)(0xe0 | c >> 12);
        len = 3;
    } else if (c >= 0x80) {
        bytes[0] = (char)(0xc0 | c >> 6);
        len = 2;
    }
    if (len > 2)
        bytes[len - 2] = (char)(0x80 | (c >> 6 & 0x3f));
    if (len > 1)
        bytes[len - 1] = (char)(0x80 | (c & 0x3f));
    mig_buf_add(out, bytes, len);
}

void
put_character(case_random *random, mig_buf *out)
{
    static const uint32_t ends[] = {0x80, 0x80, 0x80, 0x100, 0x800, 0x10000, 0x110000};
    static const uint32_t edges[] = {'\\', '\'', '"',    '\n',   '\t',   '\r',    0x7f,   0x80,
                                     0xa0, 0xad, 0x200b, 0xd7ff, 0xe000, 0x10000, 0xfeff, 0x10ffff};
    uint32_t              c = 1 + case_random_below(random, ends[case_random_below(random, 7)] - 1);

    if (case_random_once_in(random, 6))
        c = edges[case_random_below(random, sizeof edges / sizeof edges[0])];
    /* SQLite in UTF-16 has neither of U+FFFE and U+FFFF. */
    if ((c >= 0xd800 && c < 0xe000) || c == 0xfffe || c == 0xffff)
        c = 0x2603;
    put_utf8(out, c);
}

void
make_text(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const edges[] = {
        "",     " ",     "NULL",   "\\N",     "\\.",         "0",    "1e3",  "a\\b\tc\r\nd",
        "null", "-0.00", "x'00ff", "\\x00ff", "2024-01-01Z", "true", "  x ", "\xef\xbb\xbfmarked"};
    mig_buf *out = cell_text(cell);
    unsigned most = n > 0 ? n : 40;

    if (n == 0 && case_random_once_in(random, 3)) {
        mig_buf_puts(out, edges[case_random_below(random, sizeof edges / sizeof edges[0])]);
        return;
    }
    if (n == 0 && case_random_once_in(random, 400)) {
        for (unsigned i = 0; i < 30000; i++)
            put_character(random, out);
        mig_buf_puts(out, "end");
    }
    for (unsigned left = case_random_below(random, most + 1); left > 0; left--)
        put_character(random, out);
}

/* What char(n) keeps: no blanks at its end. */
void
make_padded_text(case_random *random, unsigned n, test_cell *cell)
{
    make_text(random, n, cell);
    while (cell->bytes.len > 0 && cell->bytes.data[cell->bytes.len - 1] == ' ')
        cell->bytes.len--;
    if (cell->bytes.len > 0)
        cell->bytes.data[cell->bytes.len] = '\0';
}

void
make_blob(case_random *random, unsigned n, test_cell *cell)
{
    mig_buf *out = cell_blob(cell);
    unsigned left = case_random_below(random, case_random_once_in(random, 400) ? 600000 : 40);

    (void)n;
    for (; left > 0; left--) {
        char c = (char)(case_random_next(random) >> 32);

        mig_buf_add(out, case_random_once_in(random, 4) ? "\\" : &c, 1);
    }
}

/* json keeps the text. */
void
make_json(case_random *random, unsigned n, test_cell *cell)
{
    char   text[8192];
    size_t len = json_generate(random, text, sizeof text);

    (void)n;
    mig_buf_add(cell_text(cell), text, len);
}

/* In a column of numeric affinity: SQLite makes numbers of texts that are numbers. */
void
make_json_value(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {
        "null",  "true", "\"12\"",           "12",  "-0.5",       "1e+100",
        "[1.0]", "{}",   "9007199254740993", "0.1", "{\"a\": 12}"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

static void
put_json_string(case_random *random, mig_buf *out)
{
    static const char *const parts[] = {
        "a",   "\\\"",    "\\\\", "\\n", "\\t",  "\xc3\xa9",        "/",
        "\\b", "\\u0001", " ",    "<",   "\x7f", "\xf0\x9f\x98\x80"};

    mig_buf_puts(out, "\"");
    for (unsigned n = case_random_below(random, 6); n > 0; n--)
        mig_buf_puts(out, parts[case_random_below(random, sizeof parts / sizeof parts[0])]);
    mig_buf_puts(out, "\"");
}

/* As jsonb is printed: ", " and ": ", keys by length and then by bytes. */
static void
put_jsonb(case_random *random, mig_buf *out, unsigned depth)
{
    static const char *const scalars[] = {"null",   "true",      "false",           "0",
                                          "-12.50", "0.0000001", "9007199254740993"};
    static const char *const keys[] = {"", "\\n", "Z", "a", "b", "aa", "ab", "\xc3\xa9\xc3\xa9"};
    const char              *between = "";

    switch (case_random_below(random, depth > 0 ? 4 : 2)) {
    case 0:
        put_json_string(random, out);
        break;
    case 1:
        mig_buf_puts(out, scalars[case_random_below(random, 7)]);
        break;
    case 2:
        mig_buf_puts(out, "[");
        for (unsigned n = case_random_below(random, 4); n > 0; n--, between = ", ") {
            mig_buf_puts(out, between);
            put_jsonb(random, out, depth - 1);
        }
        mig_buf_puts(out, "]");
        break;
    case 3:
        mig_buf_puts(out, "{");
        for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            if (!case_random_once_in(random, 3))
                continue;
            mig_buf_printf(out, "%s\"%s\": ", between, keys[i]);
            put_jsonb(random, out, depth - 1);
            between = ", ";
        }
        mig_buf_puts(out, "}");
        break;
    }
}

void
make_jsonb(case_random *random, unsigned n, test_cell *cell)
{
    (void)n;
    put_jsonb(random, cell_text(cell), 3);
}

void
make_xml(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {
        "<a>\xc3\xa9 &lt; </a>", "text",        "<a/><b c='1'/>", "",
        "<!-- x --> ",           "<a>\n\t</a>", "<?p q?><r/>"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}

/* Labels of the type mood (schema.c). */
void
make_label(case_random *random, unsigned n, test_cell *cell)
{
    static const char *const words[] = {"sad", "so so", "it's", "\xc3\xa9t\xc3\xa9"};

    (void)n;
    cell_choose(cell, random, words, sizeof words / sizeof words[0]);
}
