/*
 * convert.h - between the values of SQLite and the fields of wire rows.
 *
 * Encoding takes a value as SQLite has it (a storage class and what belongs to
 * it) and appends one field in a wire type; decoding takes a field and gives the
 * value that SQLite is to store.  Both databases use the two: a SQLite source
 * encodes, a SQLite target decodes, and between PostgreSQL columns whose types
 * differ a field is decoded and encoded again.  docs/types.md is the table of
 * what becomes of what.
 *
 * The rule of all conversions: a value arrives as what it was, or it is a
 * fault.  What may give way is counted (MIG_LOSS_), or was asked for by a rule
 * (MIG_RULE_) and is counted then.
 *
 * Pure: no I/O, no locale.  Memory only in the scratch buffers of the encoder or
 * decoder, which one thread at a time may use.
 */
#ifndef MIG_CONVERT_H
#define MIG_CONVERT_H

#include "mig/buf.h"
#include "mig/codec.h"
#include "mig/temporal.h"
#include "mig/wire.h"
#include "mig/zone.h"

/* SQLite's storage classes ("Datatypes In SQLite", 2). */
typedef enum mig_value_class {
    MIG_VALUE_NULL,
    MIG_VALUE_INTEGER,
    MIG_VALUE_REAL,
    MIG_VALUE_TEXT,
    MIG_VALUE_BLOB,
} mig_value_class;

typedef struct mig_value {
    mig_value_class class;
    int64_t     integer;
    double      real;
    const char *data; /* TEXT, BLOB: len bytes; texts are UTF-8 or should be */
    size_t      len;
    bool        scratch; /* decoding: data stands in the decoder's scratch, not in the field */
} mig_value;

/* ---- rules ------------------------------------------------------------------------------- */

/*
 * What a user allows for one column (--cast table.column=type:rule+rule).
 * name, word, meaning
 */
#define MIG_RULE_MAP(X)                                                                            \
    X(ROUND, "round", "numbers and times with more digits than the column keeps are rounded")      \
    X(CUT, "cut", "texts longer than the column are cut to its length")                            \
    X(TRIM, "trim", "blanks at the end of texts are dropped where the column does not keep them")  \
    X(STRIP_NUL, "strip-nul", "NUL characters are dropped from texts")                             \
    X(REPLACE, "replace", "bytes that are not UTF-8 become U+FFFD")                                \
    X(LATIN1, "latin1", "texts that are not UTF-8 are read as ISO 8859-1")                         \
    X(NUMBER, "number", "numbers in a column of texts become their decimal form")                  \
    X(UTF8, "utf8", "blobs of UTF-8 become texts, and texts the bytes they consist of")            \
    X(HEX, "hex", "texts of hexadecimal digits become the bytes, and the other way round")         \
    X(BASE64, "base64", "texts in base64 become the bytes, and the other way round")               \
    X(DAY, "day", "the day 2000-01-01 before a time of day, as Rails writes it, is dropped")       \
    X(TEXT, "text", "SQLite target: NaN, which it has no class for, is stored as text")            \
    X(NULL, "null", "values that do not fit become NULL")

enum {
#define MIG_RULE_BIT(name, word, meaning) MIG__RULE_BIT_##name,
    MIG_RULE_MAP(MIG_RULE_BIT)
#undef MIG_RULE_BIT
};

typedef enum mig_rule {
#define MIG_RULE_ENUM(name, word, meaning) MIG_RULE_##name = 1 << MIG__RULE_BIT_##name,
    MIG_RULE_MAP(MIG_RULE_ENUM)
#undef MIG_RULE_ENUM
} mig_rule;

/* ---- faults ------------------------------------------------------------------------------ */

/* name, words: the reason as messages give it, "" where the kind of value says it all */
#define MIG_FAULT_MAP(X)                                                                           \
    X(NONE, "")                                                                                    \
    X(NO_ROOM, "")                                                                                 \
    X(MEMORY, "")                                                                                  \
    X(NOT_NULL, "")                                                                                \
    X(CLASS, "")                                                                                   \
    X(RANGE, "out of range")                                                                       \
    X(INEXACT, "the column cannot hold this number exactly")                                       \
    X(FRACTION, "the column has no fractions")                                                     \
    X(DIGITS, "more digits behind the point than the column keeps: it would be rounded silently")  \
    X(NUMBER, "not a number in decimal form")                                                      \
    X(NAN, "SQLite has no NaN")                                                                    \
    X(TOO_LONG, "longer than the column")                                                          \
    X(TOO_SHORT, "shorter than the column")                                                        \
    X(BLANKS, "blanks at its end, which the column does not keep")                                 \
    X(UTF8, "invalid UTF-8")                                                                       \
    X(UTF16, "invalid UTF-16")                                                                     \
    X(NUL, "NUL, which PostgreSQL's text cannot hold,")                                            \
    X(UUID, "not a uuid")                                                                          \
    X(TIME, "")                                                                                    \
    X(UNIT,                                                                                        \
      "a number as a time: what it counts has to be told (--cast ...:s, ms, us, ns, julian)")      \
    X(JSON, "not JSON")                                                                            \
    X(KEY_TWICE, "")                                                                               \
    X(HEX, "not an even number of hexadecimal digits")                                             \
    X(BASE64, "not base64")                                                                        \
    X(ADDRESS, "not a network address in a form this program knows")                               \
    X(HOST_BITS, "bits to the right of its mask")                                                  \
    X(BITS, "not a string of the digits 0 and 1")                                                  \
    X(ARRAY, "not an array")                                                                       \
    X(NOT_UTF16, "it holds what a database in UTF-16 does not keep")                               \
    X(CONVERTED, "SQLite would convert it to something else in a column of this type")             \
    X(BROKEN, "its field is not what its type looks like")

typedef enum mig_fault_kind {
#define MIG_FAULT_ENUM(name, words) MIG_FAULT_##name,
    MIG_FAULT_MAP(MIG_FAULT_ENUM)
#undef MIG_FAULT_ENUM
} mig_fault_kind;

const char *mig_fault_words(mig_fault_kind kind);

typedef struct mig_fault {
    mig_fault_kind       kind;
    size_t               column; /* position in the row */
    size_t               offset; /* UTF8, UTF16, NUL: bytes before the fault */
    mig_json_fault       json;   /* JSON, KEY_TWICE */
    mig_temporal_verdict time;   /* TIME */
} mig_fault;

/* Appends `the text "n/a"`: a value for a message.  Of a secret only class and length. */
void mig_value_describe(const mig_value *value, bool secret, mig_buf *out);

/* The same of a field. */
void mig_field_describe(mig_wire_type wire, const unsigned char *data, int32_t len, bool secret,
                        mig_buf *out);

/* The value of a field, whatever column of SQLite it is for; what it points to may stand in
 * *scratch.  False for bytes that are no value of the type. */
bool mig_field_value(mig_wire_type wire, const unsigned char *data, int32_t len, mig_buf *scratch,
                     mig_value *value);

/* The second line of an error's detail: why the value does not fit.  Nothing where the first says
 * it all. */
void mig_fault_explain(const mig_fault *fault, const mig_value *value, bool secret, mig_error *err);

/*
 * The word of --cast that would allow the value (a rule, or the unit that is most likely), or NULL.
 * The encoder's wire type is `wire`.
 */
const char *mig_fault_rule(const mig_fault *fault, const mig_value *value, mig_wire_type wire);

/* The same where a decoder failed. */
const char *mig_fault_store_rule(const mig_fault *fault);

/* Appends ` (--cast 'table.column=type:rule' allows it)`, with names in double quotes where --cast
 * would read them as something else. */
void mig_fault_cast(const char *table, const char *column, const char *type, const char *rule,
                    mig_buf *out);

/* ---- encoding ---------------------------------------------------------------------------- */

/* One column: what its values become, by which rules. */
typedef struct mig_encoder {
    mig_wire_type   wire;
    mig_limits      limits;
    bool            not_null;
    bool            array;        /* LITERAL: the column is an array, texts may be JSON's */
    unsigned        rules;        /* MIG_RULE_ bits */
    mig_unit        unit;         /* of numbers that stand for times; NONE: seconds for integers */
    const mig_zone *zone;         /* of times without one; NULL: UTC */
    int             money_digits; /* MONEY: behind the point, as the server has it */

    /* The scratch of whoever uses the encoder. */
    mig_json_scratch *json;
    mig_buf          *text;
} mig_encoder;

/*
 * Appends one field, whose fixed part (4 bytes of length, and mig_wire_fixed_len) there is room
 * for; what a field of variable length needs besides is taken from *sparep.  On a fault nothing is
 * appended.  NO_ROOM: *sparep is less than mig_encode_need().
 */
mig_fault_kind mig_encode(const mig_encoder *encoder, const mig_value *value, mig_rows *rows,
                          size_t *sparep, mig_fault *fault);

/* The most that mig_encode takes from *sparep for the value. */
size_t mig_encode_need(const mig_encoder *encoder, const mig_value *value);

/*
 * Values that mig_encode takes for sure, without loss: who only wants to know whether they fit need
 * not ask.  It may take others.
 */
typedef struct mig_certain {
    bool    null;
    int64_t least, greatest; /* integers, both included; least > greatest: none */
    bool    real;            /* reals but for zeros and NaN */
    bool    text;            /* texts of UTF-8 without NUL */
    bool    unblank;         /* but for those that end in a blank */
    size_t  text_bytes;      /* and are longer */
    bool    blob;
    size_t  blob_bytes; /* exactly so many; SIZE_MAX: any number */
} mig_certain;

void mig_encoder_certain(const mig_encoder *encoder, mig_certain *certain);

/* ---- decoding ---------------------------------------------------------------------------- */

/* Whether a column of SQLite that prefers numbers makes one of the text. */
bool mig_is_number(const char *text, size_t len);

/* What a column of SQLite does to values ("Datatypes In SQLite", 3). */
typedef enum mig_affinity {
    MIG_AFFINITY_BLOB, /* keeps each as it is; also the target that is no SQLite column */
    MIG_AFFINITY_TEXT,
    MIG_AFFINITY_NUMERIC,
    MIG_AFFINITY_INTEGER,
    MIG_AFFINITY_REAL,
} mig_affinity;

/* The storage class that a column's values are to have, where their type leaves a choice. */
typedef enum mig_store {
    MIG_STORE_USUAL, /* what client libraries expect in a column of its declared type */
    MIG_STORE_TEXT,
    MIG_STORE_BLOB,
    MIG_STORE_INTEGER,
    MIG_STORE_REAL,
} mig_store;

/* What else the declared type of the column tells. */
typedef enum mig_style {
    MIG_STYLE_PLAIN,
    MIG_STYLE_BLANK, /* times: a blank between date and time and no zone, as Django writes them */
    MIG_STYLE_HEX,   /* uuids as texts: 32 digits without hyphens */
} mig_style;

typedef struct mig_decoder {
    mig_wire_type wire;
    mig_affinity  affinity;
    mig_store     store;
    mig_style     style;
    unsigned      rules;     /* MIG_RULE_ bits */
    mig_unit      unit;      /* of times that are stored as numbers; NONE: seconds */
    bool          keeps_all; /* not for a column of SQLite: NaN and -0.0 are kept */

    mig_buf *text; /* scratch; what the last mig_decode gave may stand in it */
} mig_decoder;

/*
 * The value of a field of len bytes (-1: NULL), such that the affinity leaves it as it is.  Losses
 * are counted in *n_losses (MIG_LOSS_COUNT of them).
 */
mig_fault_kind mig_decode(const mig_decoder *decoder, const unsigned char *data, int32_t len,
                          mig_value *value, uint32_t *n_losses);

#endif
