/*
 * test_image.c - images of fields, and hashes of rows that have such.
 *
 * What a server makes of values is in tests/db/test_image_server.c.
 */
#include "../../src/wire/image.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "../../src/wire/numeric.h"
#include "../support/case_random.h"

static mig_buf one = MIG_BUF_INIT, other = MIG_BUF_INIT;

static void
fini(void)
{
    mig_buf_fini(&one);
    mig_buf_fini(&other);
}

TestSuite(image, .fini = fini, .timeout = 60);

static bool
image_of(mig_wire_type wire, const void *data, size_t len, mig_buf *out)
{
    bool ok;

    mig_buf_clear(out);
    ok = mig_field_image(wire, data, (int32_t)len, out);
    cr_assert(!out->failed);
    return ok;
}

static bool
same(mig_wire_type wire, const void *a, size_t a_len, const void *b, size_t b_len)
{
    cr_assert(image_of(wire, a, a_len, &one));
    cr_assert(image_of(wire, b, b_len, &other));
    return one.len == other.len && memcmp(mig_buf_text(&one), mig_buf_text(&other), one.len) == 0;
}

static bool
same_numeric(const char *a, const char *b)
{
    unsigned char a_wire[256], b_wire[256];
    size_t        a_len, b_len;

    cr_assert_eq(mig__numeric_parse(a, strlen(a), a_wire, &a_len), MIG__NUMERIC_OK);
    cr_assert_eq(mig__numeric_parse(b, strlen(b), b_wire, &b_len), MIG__NUMERIC_OK);
    return same(MIG_WIRE_NUMERIC, a_wire, a_len, b_wire, b_len);
}

static bool
same_text(mig_wire_type wire, const char *a, const char *b)
{
    return same(wire, a, strlen(a), b, strlen(b));
}

static bool
same_float8(uint64_t a, uint64_t b)
{
    a = htobe64(a);
    b = htobe64(b);
    return same(MIG_WIRE_FLOAT8, &a, 8, &b, 8);
}

static bool
same_float4(uint32_t a, uint32_t b)
{
    a = htobe32(a);
    b = htobe32(b);
    return same(MIG_WIRE_FLOAT4, &a, 4, &b, 4);
}

/* ---- types -------------------------------------------------------------------------------- */

Test(image, of_numeric_does_not_show_the_scale)
{
    cr_assert(same_numeric("1", "1.000"));
    cr_assert(same_numeric("0", "0.00000"));
    cr_assert(same_numeric("120.50", "120.5"));
    cr_assert(same_numeric("1e5", "100000.0"));
    cr_assert(same_numeric("-0.0", "0"));
    cr_assert(same_numeric("Infinity", "inf"));
    cr_assert_not(same_numeric("1", "10"));
    cr_assert_not(same_numeric("1", "-1"));
    cr_assert_not(same_numeric("1.1", "1.01"));
    cr_assert_not(same_numeric("NaN", "Infinity"));
    cr_assert_not(same_numeric("Infinity", "-Infinity"));
    cr_assert_not(same_numeric("NaN", "0"));
}

Test(image, of_char_has_no_blanks_at_its_end)
{
    cr_assert(same_text(MIG_WIRE_BPCHAR, "a", "a   "));
    cr_assert(same_text(MIG_WIRE_BPCHAR, "", "   "));
    cr_assert_not(same_text(MIG_WIRE_BPCHAR, " a", "a"));
    cr_assert_not(same_text(MIG_WIRE_BPCHAR, "a b", "a"));
    cr_assert_not(same_text(MIG_WIRE_BPCHAR, "a\t", "a"));
    cr_assert_not(same_text(MIG_WIRE_TEXT, "a", "a "));
}

Test(image, of_all_nans_is_one_and_no_other_number_s)
{
    cr_assert(same_float8(0x7ff8000000000000, 0xfff8000000000000));
    cr_assert(same_float8(0x7ff8000000000000, 0x7ff0000000000001));
    cr_assert_not(same_float8(0x7ff8000000000000, 0x7ff0000000000000));
    cr_assert_not(same_float8(0x7ff0000000000000, 0xfff0000000000000));
    cr_assert_not(same_float8(0x8000000000000000, 0));
    cr_assert(same_float4(0x7fc00000, 0xffc00000));
    cr_assert(same_float4(0x7fc00000, 0x7f800001));
    cr_assert_not(same_float4(0x7fc00000, 0x7f800000));
    cr_assert_not(same_float4(0x80000000, 0));
}

Test(image, of_null_is_nothing)
{
    cr_assert(mig_field_image(MIG_WIRE_JSONB, NULL, -1, &one));
    cr_assert_eq(one.len, 0);
}

Test(image, of_other_types_are_their_bytes)
{
    static const char data[] = "0123456789abcdef";

    for (int wire = MIG_WIRE_NONE; wire <= MIG_WIRE_DYNAMIC; wire++) {
        size_t fixed = mig_wire_fixed_len((mig_wire_type)wire);

        if (wire == MIG_WIRE_NUMERIC || wire == MIG_WIRE_JSONB)
            continue;
        fixed = fixed > 0 ? fixed : 16;
        cr_assert(image_of((mig_wire_type)wire, data, fixed, &one), "%s",
                  mig_wire_name((mig_wire_type)wire));
        cr_assert_eq(one.len, fixed);
        cr_assert_arr_eq(one.data, data, fixed);
    }
}

Test(image, is_not_there_for_what_is_no_value)
{
    static const struct {
        mig_wire_type wire;
        const char   *data;
        size_t        len;
    } cases[] = {
        {MIG_WIRE_INT4, "abc", 3},
        {MIG_WIRE_UUID, "", 0},
        {MIG_WIRE_INTERVAL, "0123456789abcdefg", 17},
        {MIG_WIRE_NUMERIC, "\0\1\0\0\0\0\0\0", 8},          /* its digit is missing */
        {MIG_WIRE_NUMERIC, "\0\1\0\0\0\0\0\0\x27\x10", 10}, /* a digit of 10000 */
        {MIG_WIRE_JSONB, "", 0},                            /* no version */
        {MIG_WIRE_JSONB, "\2{}", 3},                        /* another version */
        {MIG_WIRE_JSONB, "\1{", 2},
        {MIG_WIRE_JSONB, "\1\"\\u0000\"", 9},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_buf_clear(&one);
        mig_buf_puts(&one, "before");
        cr_assert_not(mig_field_image(cases[i].wire, (const unsigned char *)cases[i].data,
                                      (int32_t)cases[i].len, &one),
                      "%zu", i);
        cr_assert_eq(one.len, 6, "%zu", i);
    }
}

/* ---- rows --------------------------------------------------------------------------------- */

#define N_COLUMNS 8

static const mig_hash_column columns[N_COLUMNS] = {
    {.wire = MIG_WIRE_INT4, .key = true},
    {.wire = MIG_WIRE_NUMERIC},
    {.wire = MIG_WIRE_TEXT},
    {.wire = MIG_WIRE_JSONB},
    {.wire = MIG_WIRE_BPCHAR},
    {.wire = MIG_WIRE_NUMERIC, .key = true},
    {.wire = MIG_WIRE_FLOAT8},
    {.wire = MIG_WIRE_BYTEA},
};

static void
put(mig_rows *rows, const void *data, size_t len)
{
    mig_rows_put_int32(rows, (int32_t)len);
    mig_rows_put_bytes(rows, data, len);
}

static void
put_numeric(mig_rows *rows, case_random *random)
{
    char          text[32];
    unsigned char wire[64];
    size_t        len;

    snprintf(text, sizeof text, "%d.%0*u", (int)case_random_below(random, 2000) - 1000,
             1 + (int)case_random_below(random, 4), case_random_below(random, 10) * 10);
    cr_assert_eq(mig__numeric_parse(text, strlen(text), wire, &len), MIG__NUMERIC_OK);
    put(rows, wire, len);
}

static void
put_row(mig_rows *rows, case_random *random)
{
    static const char *const documents[] = {"\1{\"b\": 1.0, \"a\": [true, null]}", "\1{\"a\":2}",
                                            "\1\"text\"", "\1[]"};
    static const char *const texts[] = {"", " ", "a  ", "four"};
    const char              *document = documents[case_random_below(random, 4)];
    const char              *text = texts[case_random_below(random, 4)];

    mig_rows_put_int16(rows, N_COLUMNS);
    mig_rows_put_int32(rows, 4);
    mig_rows_put_int32(rows, (int32_t)case_random_next(random));
    put_numeric(rows, random);
    put(rows, text, strlen(text));
    put(rows, document, strlen(document));
    put(rows, text, strlen(text));
    put_numeric(rows, random);
    if (case_random_below(random, 2) == 0) {
        mig_rows_put_null(rows);
    } else {
        mig_rows_put_int32(rows, 8);
        mig_rows_put_float8(rows, (double)case_random_below(random, 100) / 4);
    }
    put(rows, document, strlen(document));
}

/* The row of images; false: no row. */
static bool
images_of_row(const mig_rows *rows, bool key, mig_buf *out)
{
    size_t at = 2;

    mig_buf_clear(out);
    if (rows->data[0] != 0 || rows->data[1] != N_COLUMNS)
        return false;
    if (!key)
        mig_buf_add(out, (const char *)rows->data, 2);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const unsigned char *field = rows->data + at + 4;
        int32_t              len;
        uint32_t             wire;

        if (rows->len - at < 4)
            return false;
        memcpy(&wire, rows->data + at, 4);
        len = (int32_t)be32toh(wire);
        at += 4;
        if (len < -1 || (len > 0 && (size_t)len > rows->len - at))
            return false;
        at += len > 0 ? (size_t)len : 0;
        if (key && !columns[i].key)
            continue;
        mig_buf_clear(&other);
        if (!mig_field_image(columns[i].wire, field, len, &other))
            mig_buf_add(&other, (const char *)field, (size_t)len);
        wire = htobe32(len < 0 ? UINT32_MAX : (uint32_t)other.len);
        mig_buf_add(out, (const char *)&wire, 4);
        mig_buf_add(out, mig_buf_text(&other), other.len);
    }
    return true;
}

static void
expect_hash(const mig_buf *images, mig_hash hash)
{
    XXH128_hash_t expected = XXH3_128bits(images->data, images->len);

    cr_assert(hash.low == expected.low64 && hash.high == expected.high64);
}

/* Rows, and rows that differ from them in any one bit, hash as their images do. */
Test(image, is_what_is_hashed_of_a_row)
{
    unsigned char data[4096];
    mig_rows      rows = {.data = data, .cap = sizeof data};
    mig_hasher   *hasher;
    mig_hash      hash, key;
    size_t        used;
    case_random   random = {11};

    cr_assert_eq(mig_hasher_new(columns, N_COLUMNS, &hasher, NULL), MIG_OK);
    for (int i = 0; i < 30; i++) {
        rows.len = 0;
        put_row(&rows, &random);
        for (size_t bit = 0; bit <= 8 * rows.len; bit++) {
            if (bit > 0)
                data[(bit - 1) / 8] ^= (unsigned char)(1u << (bit - 1) % 8);
            if (images_of_row(&rows, false, &one)) {
                cr_assert_eq(mig_hash_row(hasher, data, rows.len, &used, &hash, &key, NULL),
                             MIG_OK);
                expect_hash(&one, hash);
                cr_assert(images_of_row(&rows, true, &one));
                expect_hash(&one, key);
            } else {
                cr_assert_eq(mig_hash_row(hasher, data, rows.len, &used, &hash, &key, NULL),
                             MIG_E_INTERNAL);
            }
            if (bit > 0)
                data[(bit - 1) / 8] ^= (unsigned char)(1u << (bit - 1) % 8);
        }
    }
    mig_hasher_free(hasher);
}

Test(image, makes_rows_of_equal_values_hash_alike)
{
    static const mig_hash_column two[] = {{.wire = MIG_WIRE_INT4}, {.wire = MIG_WIRE_BPCHAR}};
    unsigned char                data[64];
    mig_rows                     rows = {.data = data, .cap = sizeof data};
    mig_hasher                  *hasher;
    mig_hash                     short_one, padded;
    size_t                       used;

    cr_assert_eq(mig_hasher_new(two, 2, &hasher, NULL), MIG_OK);
    mig_rows_put_int16(&rows, 2);
    put(&rows, "\0\0\0\1", 4);
    put(&rows, "ab", 2);
    cr_assert_eq(mig_hash_row(hasher, data, rows.len, &used, &short_one, NULL, NULL), MIG_OK);
    rows.len = 0;
    mig_rows_put_int16(&rows, 2);
    put(&rows, "\0\0\0\1", 4);
    put(&rows, "ab   ", 5);
    cr_assert_eq(mig_hash_row(hasher, data, rows.len, &used, &padded, NULL, NULL), MIG_OK);
    cr_assert(short_one.low == padded.low && short_one.high == padded.high);
    mig_hasher_free(hasher);
}
