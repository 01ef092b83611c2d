/*
 * test_copy_text.c - wire rows as lines; the server's opinion is in tests/cli/between_servers.sh.
 */
#include "mig/copy_text.h"

#include <criterion/criterion.h>

static unsigned char data[256];
static mig_rows      rows;
static mig_buf       out = MIG_BUF_INIT;

static void
init(void)
{
    rows = (mig_rows){.data = data, .cap = sizeof data};
    mig_buf_clear(&out);
}

static void
fini(void)
{
    mig_buf_fini(&out);
}

TestSuite(copy_text, .init = init, .fini = fini, .timeout = 20);

static void
put(const void *bytes, size_t len)
{
    mig_rows_put_int32(&rows, (int32_t)len);
    mig_rows_put_bytes(&rows, bytes, len);
}

/* The line of one field. */
static void
expect(mig_wire_type type, const void *bytes, size_t len, const char *line)
{
    size_t at = 0;

    init();
    mig_rows_put_int16(&rows, 1);
    put(bytes, len);
    cr_assert(mig_copy_text_row(&type, 1, rows.data, rows.len, &at, &out), "%s", line);
    cr_assert_eq(at, rows.len);
    cr_assert_str_eq(mig_buf_text(&out), line);
}

#define EXPECT(type, bytes, line) expect(MIG_WIRE_##type, bytes, sizeof bytes - 1, line "\n")

Test(copy_text, what_the_format_gives_a_meaning_is_escaped)
{
    EXPECT(TEXT, "a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e");
    EXPECT(TEXT, "\\N", "\\\\N");
    EXPECT(TEXT, "\\.", "\\\\.");
    EXPECT(TEXT, "", "");
    EXPECT(LITERAL, "{1,\"\\\\\"}", "{1,\"\\\\\\\\\"}");
    EXPECT(JSONB, "\1{\"a\": \"\\n\"}", "{\"a\": \"\\\\n\"}");
    EXPECT(BYTEA, "\0\xff\\", "\\\\x00ff5c");
}

Test(copy_text, every_type_has_its_text)
{
    EXPECT(BOOL, "\1", "t");
    EXPECT(BOOL, "\0", "f");
    EXPECT(INT2, "\x80\0", "-32768");
    EXPECT(INT4, "\xff\xff\xff\xff", "-1");
    EXPECT(INT8, "\x80\0\0\0\0\0\0\0", "-9223372036854775808");
    EXPECT(FLOAT4, "\x3d\xcc\xcc\xcd", "0.1");
    EXPECT(FLOAT8, "\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1");
    EXPECT(FLOAT8, "\xff\xf0\0\0\0\0\0\0", "-Infinity");
    EXPECT(NUMERIC, "\0\2\0\0\0\0\0\2\0\x0c\x13\x88", "12.50");
    EXPECT(MONEY, "\xff\xff\xff\xff\xff\xff\xff\xff", "-0.01");
    EXPECT(MONEY, "\x80\0\0\0\0\0\0\0", "-92233720368547758.08");
    EXPECT(UUID, "\0\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
           "00112233-4455-6677-8899-aabbccddeeff");
    EXPECT(DATE, "\0\0\0\1", "2000-01-02");
    EXPECT(DATE, "\x7f\xff\xff\xff", "infinity");
    EXPECT(DATE, "\xff\xf4\x9d\x7b", "0044-03-15 BC");
    EXPECT(TIME, "\0\0\0\x14\x1d\xd7\x60\0", "24:00:00.000000");
    EXPECT(TIMETZ, "\0\0\0\0\0\0\0\0\0\0\x31\x38", "00:00:00.000000-03:30:00");
    EXPECT(TIMETZ, "\0\0\0\0\0\0\0\0\xff\xff\xf1\xf0", "00:00:00.000000+01:00:00");
    EXPECT(TIMESTAMP, "\xff\xff\xff\xff\xff\xff\xff\xff", "1999-12-31 23:59:59.999999");
    EXPECT(TIMESTAMPTZ, "\0\0\0\0\0\0\0\1", "2000-01-01 00:00:00.000001+00");
    EXPECT(TIMESTAMPTZ, "\x80\0\0\0\0\0\0\0", "-infinity");
    EXPECT(INTERVAL, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\2\xff\xff\xff\xff",
           "-1 mons 2 days -00:00:00.000001");
    EXPECT(INTERVAL, "\x80\0\0\0\0\0\0\0\x80\0\0\0\x80\0\0\0", "-infinity");
    EXPECT(INET, "\2\x8\0\4\x0a\1\2\3", "10.1.2.3/8");
    EXPECT(CIDR, "\3\x20\1\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0", "2001:db8:0:0:0:0:0:0/32");
    EXPECT(MACADDR, "\x08\0\x2b\1\2\3", "08:00:2b:01:02:03");
    EXPECT(MACADDR8, "\x08\0\x2b\1\2\3\4\5", "08:00:2b:01:02:03:04:05");
    EXPECT(VARBIT, "\0\0\0\0", "");
    EXPECT(BIT, "\0\0\0\x0b\xb3\xa0", "10110011101");
}

Test(copy_text, rows_follow_each_other)
{
    static const mig_wire_type types[] = {MIG_WIRE_INT2, MIG_WIRE_TEXT, MIG_WIRE_TEXT};
    size_t                     at = 0;

    for (int i = 0; i < 2; i++) {
        mig_rows_put_int16(&rows, 3);
        put("\0\7", 2);
        mig_rows_put_null(&rows);
        put("x", 1);
    }
    cr_assert(mig_copy_text_row(types, 3, rows.data, rows.len, &at, &out));
    cr_assert(mig_copy_text_row(types, 3, rows.data, rows.len, &at, &out));
    cr_assert_eq(at, rows.len);
    cr_assert_str_eq(mig_buf_text(&out), "7\t\\N\tx\n7\t\\N\tx\n");
}

static void
refuse(mig_wire_type type, const void *bytes, size_t len)
{
    size_t at = 0;

    init();
    mig_rows_put_int16(&rows, 1);
    put(bytes, len);
    cr_assert_not(mig_copy_text_row(&type, 1, rows.data, rows.len, &at, &out));
}

Test(copy_text, what_is_no_row_of_these_types_is_refused)
{
    mig_wire_type type = MIG_WIRE_INT4;
    size_t        at = 0;

    refuse(MIG_WIRE_INT4, "\0\0", 2);
    refuse(MIG_WIRE_JSONB, "", 0);
    refuse(MIG_WIRE_JSONB, "\2{}", 3);
    refuse(MIG_WIRE_INET, "\2\x8\0", 3);
    refuse(MIG_WIRE_INET, "\2\x8\0\4\1\2\3", 7);
    refuse(MIG_WIRE_VARBIT, "\0\0\0\x9\0", 5);
    refuse(MIG_WIRE_NUMERIC, "\0\1", 2);
    refuse(MIG_WIRE_OPAQUE, "x", 1);
    refuse(MIG_WIRE_DYNAMIC, "\3x", 2);

    cr_assert_not(mig_copy_text_row(&type, 1, data, 1, &at, &out));
    cr_assert_not(mig_copy_text_row(&type, 2, (const unsigned char *)"\0\1", 2, &at, &out));
    cr_assert_not(
        mig_copy_text_row(&type, 1, (const unsigned char *)"\0\1\0\0\0\4\0", 7, &at, &out));
}
