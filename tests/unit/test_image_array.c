/*
 * test_image_array.c - arrays among bytes of any type.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "../../src/wire/image.h"
#include "../support/case_random.h"

static unsigned char data[512];
static mig_rows      rows;
static mig_buf       one = MIG_BUF_INIT, other = MIG_BUF_INIT;

static void
init(void)
{
    rows = (mig_rows){.data = data, .cap = sizeof data};
}

static void
fini(void)
{
    mig_buf_fini(&one);
    mig_buf_fini(&other);
}

TestSuite(image_array, .init = init, .fini = fini, .timeout = 20);

static void
put_head(int32_t flag, int32_t oid, int32_t n)
{
    rows.len = 0;
    mig_rows_put_int32(&rows, 1);
    mig_rows_put_int32(&rows, flag);
    mig_rows_put_int32(&rows, oid);
    mig_rows_put_int32(&rows, n);
    mig_rows_put_int32(&rows, 1);
}

static void
put(const void *bytes, size_t len)
{
    mig_rows_put_int32(&rows, (int32_t)len);
    mig_rows_put_bytes(&rows, bytes, len);
}

static void
image(mig_buf *out)
{
    mig_buf_clear(out);
    cr_assert(mig_field_image(MIG_WIRE_OPAQUE, data, (int32_t)rows.len, out));
    cr_assert(!out->failed);
}

static bool
is_own_image(void)
{
    image(&one);
    return one.len == rows.len && memcmp(one.data, data, rows.len) == 0;
}

static bool
are_same(void)
{
    return one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
}

#define INT4_OID    23
#define BPCHAR_OID  1042
#define NUMERIC_OID 1700
#define JSONB_OID   3802

Test(image_array, does_not_show_room_for_nulls)
{
    put_head(1, INT4_OID, 1);
    put("\0\0\0\1", 4);
    image(&one);
    put_head(0, INT4_OID, 1);
    put("\0\0\0\1", 4);
    image(&other);
    cr_assert(are_same());
    cr_assert(is_own_image());
}

Test(image_array, keeps_nulls)
{
    put_head(1, INT4_OID, 2);
    put("\0\0\0\1", 4);
    mig_rows_put_null(&rows);
    cr_assert(is_own_image());
}

Test(image_array, has_images_of_elements)
{
    static const struct {
        int32_t     oid;
        const char *a, *b;
        size_t      a_len, b_len;
        bool        same;
    } cases[] = {
        {NUMERIC_OID, "\0\1\0\0\0\0\0\0\0\5", "\0\1\0\0\0\0\0\2\0\5", 10, 10, true},
        {NUMERIC_OID, "\0\1\0\0\0\0\0\0\0\5", "\0\1\0\0\0\0\0\0\0\6", 10, 10, false},
        {BPCHAR_OID, "ab", "ab  ", 2, 4, true},
        {BPCHAR_OID, "ab", " ab", 2, 3, false},
        {25, "ab", "ab  ", 2, 4, false},
        {JSONB_OID, "\1[1.0]", "\1[1]", 6, 4, true},
        {JSONB_OID, "\1[1.0]", "\1[2]", 6, 4, false},
        {701, "\x7f\xf8\0\0\0\0\0\0", "\xff\xf8\0\0\0\0\0\0", 8, 8, true},
        {701, "\x80\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\0", 8, 8, false},
        {700, "\x7f\xc0\0\0", "\xff\xc0\0\0", 4, 4, true},
        {142, "<?xml version='1.0'?><a/>", "<a/>", 25, 4, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_head(1, cases[i].oid, 2);
        put(cases[i].a, cases[i].a_len);
        mig_rows_put_null(&rows);
        image(&one);
        put_head(1, cases[i].oid, 2);
        put(cases[i].b, cases[i].b_len);
        mig_rows_put_null(&rows);
        image(&other);
        cr_assert_eq(are_same(), cases[i].same, "%zu", i);
    }
}

Test(image_array, keeps_the_bytes_of_an_empty_array)
{
    mig_rows_put_int32(&rows, 0);
    mig_rows_put_int32(&rows, 0);
    mig_rows_put_int32(&rows, NUMERIC_OID);
    cr_assert(is_own_image());
}

Test(image_array, keeps_subscripts_and_dimensions_apart)
{
    put_head(0, BPCHAR_OID, 1);
    put("a ", 2);
    image(&one);
    data[19] = 2;
    image(&other);
    cr_assert_not(are_same());
}

/* Malformed, of a type of the database, or not an array at all. */
Test(image_array, keeps_what_is_no_array_it_knows)
{
    put_head(1, 16384, 1);
    put("\0\0\0\1", 4);
    cr_assert(is_own_image());
    put_head(1, BPCHAR_OID, 2);
    put("a ", 2);
    cr_assert(is_own_image());
    put_head(1, BPCHAR_OID, 1);
    put("a ", 2);
    put("a ", 2);
    cr_assert(is_own_image());
    put_head(1, NUMERIC_OID, 1);
    put("\0", 1);
    cr_assert(is_own_image());
    put_head(1, JSONB_OID, 1);
    put("\1{", 2);
    cr_assert(is_own_image());
    put_head(2, BPCHAR_OID, 1);
    put("a ", 2);
    cr_assert(is_own_image());
    put_head(1, BPCHAR_OID, -1);
    cr_assert(is_own_image());
    put_head(1, BPCHAR_OID, INT32_MAX);
    put("a ", 2);
    cr_assert(is_own_image());
}

/* Any byte changed, any length: nothing is read beyond the end (sanitizers). */
Test(image_array, survives_any_bytes)
{
    case_random random = {23};

    for (int i = 0; i < 20000; i++) {
        unsigned char *exact;
        size_t         len;

        put_head(1, i % 2 == 0 ? NUMERIC_OID : BPCHAR_OID, 2);
        put("\0\1\0\0\0\0\0\2\0\5", 10);
        put("\0\1\0\0\0\0\0\0\0 ", 10);
        len = case_random_below(&random, (unsigned)rows.len + 1);
        exact = malloc(len + 1);
        memcpy(exact, data, len);
        if (len > 0)
            exact[case_random_below(&random, (unsigned)len)] =
                (unsigned char)case_random_next(&random);
        mig_buf_clear(&one);
        cr_assert(mig_field_image(MIG_WIRE_OPAQUE, exact, (int32_t)len, &one));
        free(exact);
    }
}
