/*
 * values.h - makers of values, in the form in which the way back writes them.
 *
 * They know the forms from docs/types.md and the manuals, not from the program's
 * codecs, which they are to test.  `n` is what the kind of column says of its
 * type: a length, a number of digits, a lower bound's exponent.
 */
#ifndef TEST_VALUES_H
#define TEST_VALUES_H

#include "cell.h"

typedef void value_maker(case_random *random, unsigned n, test_cell *cell);

/* values_number.c: n is the number of bytes, or of digits behind the point. */
value_maker make_integer, make_boolean, make_double, make_float, make_number, make_decimal,
    make_decimal_text, make_fixed_text, make_double_text, make_boolean_text;

/* values_text.c: n is the most characters, 0 for any. */
value_maker make_text, make_padded_text, make_blob, make_json, make_json_value, make_jsonb,
    make_xml, make_label;

/* values_form.c: n is a number of bits. */
value_maker make_uuid_text, make_uuid_hex, make_uuid_blob, make_inet, make_cidr, make_macaddr,
    make_macaddr8, make_bits, make_some_bits, make_integers, make_texts, make_floats, make_byteas,
    make_moments, make_lengths, make_range, make_moment_range, make_point, make_tsvector, make_lsn,
    make_pair;

/* values_time.c: n is the most digits of a second's fraction, or the units in a second. */
value_maker make_timestamp, make_timestamptz, make_datetime, make_epoch, make_date, make_time,
    make_timetz, make_interval;

/* Any character but U+0000 and surrogates. */
void put_character(case_random *random, mig_buf *out);

#endif
