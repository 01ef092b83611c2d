/*
 * translate_pg_compare.c - SQLite's comparisons in PostgreSQL.
 *
 * SQLite compares any two values: by storage class first (numbers, then texts,
 * then blobs), after the affinity of a column has perhaps converted the other
 * side.  PostgreSQL compares values of one type.  So both sides are brought into
 * the type in which its operator gives the same answer, and where the answer
 * hangs on storage classes the comparison is refused.
 *
 * Texts: SQLite compares bytes, so an order of texts gets the collation "C", and
 * NOCASE, which folds the letters of ASCII alone, is lower() under "C", which
 * does the same.
 *
 * Source: SQLite, "Datatypes In SQLite", 4.2 and 7.
 */
#include <string.h>

#include "mig/temporal.h"
#include "translating.h"

/* ---- numbers ---------------------------------------------------------------------------- */

static mig_affinity
affinity(const mig__piece *piece)
{
    return piece->column != NULL ? piece->column->affinity : MIG_AFFINITY_BLOB;
}

static bool
prefers_numbers(const mig__piece *piece)
{
    mig_affinity a = affinity(piece);

    return a == MIG_AFFINITY_NUMERIC || a == MIG_AFFINITY_INTEGER || a == MIG_AFFINITY_REAL;
}

/* A column of numbers that SQLite has as texts. */
static bool
number_as_text(const mig__piece *piece)
{
    return mig__is_number_kind(piece->kind) && affinity(piece) == MIG_AFFINITY_TEXT;
}

static bool
match_numbers(mig__translating *tr, bool ordered, const mig__piece *left, const mig__piece *right)
{
    const mig__piece *real = left->kind == MIG_KIND_REAL ? left : right;
    const mig__piece *other = real == left ? right : left;

    if (number_as_text(left) || number_as_text(right)) {
        const mig__piece *text = number_as_text(left) ? left : right;
        const mig__piece *with = text == left ? right : left;

        if (number_as_text(with) || !prefers_numbers(with)) {
            if (ordered || with->kind != text->kind || text->kind != MIG_KIND_INTEGER)
                return mig__refuse(tr, "SQLite compares the texts of a column of numbers");
        }
    }
    if (real->kind == MIG_KIND_REAL && real->column != NULL &&
        real->column->wire == MIG_WIRE_FLOAT4 && other->kind != MIG_KIND_INTEGER)
        return mig__refuse(tr, "numbers of single precision are not the numbers they stand for");
    if (real->kind == MIG_KIND_REAL && other->kind == MIG_KIND_INTEGER && !other->literal &&
        !real->literal)
        mig__note(tr, "integers beyond 2^53 are compared as double precision");
    if (real->kind == MIG_KIND_REAL && other->kind == MIG_KIND_NUMERIC && !real->literal)
        return mig__refuse(tr, "a numeric compared with double precision");
    return true;
}

/* A boolean beside a number: as booleans where that is possible, else as numbers. */
static bool
match_boolean(mig__translating *tr, mig__piece *truth, mig__piece *number)
{
    if (truth->column != NULL && affinity(truth) == MIG_AFFINITY_TEXT)
        return mig__refuse(tr, "SQLite compares the texts of a column of booleans");
    if (number->literal && number->kind == MIG_KIND_INTEGER &&
        (strcmp(number->value, "0") == 0 || strcmp(number->value, "1") == 0)) {
        const char *word = strcmp(number->value, "1") == 0 ? "true" : "false";

        *number = mig__tight_piece(MIG_KIND_BOOLEAN, word);
        return true;
    }
    *truth = mig__pg_plain(tr, truth);
    return true;
}

/* The words of docs/types.md. */
static int
truth_word(const char *text)
{
    static const char *const words[] = {"false", "true", "f",   "t",  "no", "yes",
                                        "n",     "y",    "off", "on", "0",  "1"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (mig__same_word(text, words[i]))
            return (int)(i % 2);
    return -1;
}

static bool
match_truth_word(mig__translating *tr, const mig__piece *truth, mig__piece *text)
{
    int word = text->literal ? truth_word(text->value) : -1;

    if (word < 0 || truth->column == NULL)
        return mig__refuse(tr, "a boolean compared with a text");
    mig__note(tr, "the texts of a column of booleans are compared as booleans");
    *text = mig__tight_piece(MIG_KIND_BOOLEAN, word == 1 ? "true" : "false");
    return true;
}

/* ---- a number beside a text ------------------------------------------------------------- */

/* A column of numbers converts a text that looks like one. */
static bool
match_number_text(mig__translating *tr, bool ordered, const mig__piece *number, mig__piece *text)
{
    int64_t value;

    if (text->literal && number->column != NULL && number->kind == MIG_KIND_INTEGER &&
        mig__is_integer(text->value, &value) &&
        (prefers_numbers(number) || (number_as_text(number) && !ordered))) {
        *text = mig__tight_piece(MIG_KIND_INTEGER, text->value);
        if (text->text[0] == '-')
            text->hold = MIG_HOLD_SIGNED;
        return true;
    }
    return mig__refuse(tr, "a number compared with a text");
}

/* A column of texts converts a number. */
static bool
match_text_number(mig__translating *tr, bool ordered, const mig__piece *text, mig__piece *number)
{
    mig_affinity a = affinity(text);

    if (text->column == NULL || number->column != NULL || number->kind != MIG_KIND_INTEGER ||
        a == MIG_AFFINITY_BLOB || (ordered && a != MIG_AFFINITY_TEXT))
        return mig__refuse(tr, "a text compared with a number");
    return number->literal ? (*number = mig__text_literal(tr, number->value), true)
                           : mig__pg_text(tr, number, number);
}

/* ---- texts ------------------------------------------------------------------------------ */

/* The collation that counts: COLLATE of the left, of the right; else the left column's, ... */
static mig__collation
chosen_collation(const mig__piece *left, const mig__piece *right)
{
    if (left->collated)
        return left->collation;
    if (right->collated)
        return right->collation;
    return left->column != NULL ? left->collation : right->collation;
}

static bool
under_c(mig__translating *tr, mig__piece *piece)
{
    if (piece->literal)
        return true;
    piece->text = mig__say(tr, "%s COLLATE \"C\"", mig__tight(tr, piece));
    piece->hold = MIG_HOLD_OPERATOR;
    return true;
}

/* A literal is folded here: a call that it alone decides cannot stand in a generated column, since
 * the server computes it before it knows the collation. */
static bool
folded(mig__translating *tr, mig__piece *piece)
{
    if (piece->literal) {
        *piece = mig__text_literal(tr, mig__fold(tr, piece->value, false));
        return true;
    }
    piece->text = mig__say(tr, "lower(%s COLLATE \"C\")", mig__tight(tr, piece));
    piece->hold = MIG_HOLD_TIGHT;
    piece->literal = false;
    return true;
}

/* A column that prefers numbers, or has no type, may hold numbers among its texts. */
static bool
may_hold_numbers(const mig__piece *column, const mig__piece *other, bool ordered)
{
    int64_t value;

    if (column->column == NULL || affinity(column) == MIG_AFFINITY_TEXT)
        return false;
    if (ordered)
        return true;
    /* Without affinity a number never equals a text; with a numeric one it equals its digits. */
    return !other->literal || (mig_is_number(other->value, strlen(other->value)) &&
                               !(prefers_numbers(column) && mig__is_integer(other->value, &value)));
}

static bool
match_texts(mig__translating *tr, bool ordered, mig__piece *left, mig__piece *right)
{
    mig__collation collation = chosen_collation(left, right);

    if (may_hold_numbers(left, right, ordered) || may_hold_numbers(right, left, ordered))
        return mig__refuse(tr, "a column that may hold numbers, compared with a text");
    if (collation == MIG_COLLATION_RTRIM)
        return mig__refuse(tr, "the collation RTRIM");
    if (collation == MIG_COLLATION_NOCASE)
        return folded(tr, left) && folded(tr, right);
    /* A column of another collation, and any order. */
    if (ordered || left->collation != MIG_COLLATION_NONE || right->collation != MIG_COLLATION_NONE)
        return under_c(tr, left->literal ? right : left);
    return true;
}

/* ---- times, uuids ----------------------------------------------------------------------- */

/* A number of the column's unit as the moment that it stands for. */
static bool
moment_of_number(mig__translating *tr, const mig__piece *column, mig__piece *number)
{
    char     text[MIG_TIMESTAMP_MAX];
    int64_t  value, us;
    bool     cut = false;
    mig_unit unit = column->column->unit == MIG_UNIT_NONE ? MIG_UNIT_S : column->column->unit;

    if (!number->literal || number->kind != MIG_KIND_INTEGER ||
        column->column->affinity != MIG_AFFINITY_INTEGER || column->kind == MIG_KIND_TIME ||
        column->kind == MIG_KIND_DATE || !mig__is_integer(number->value, &value) ||
        mig_timestamp_from_int(value, unit, &us, &cut) != MIG_TEMPORAL_OK || cut)
        return mig__refuse(tr, "%s compared with a number", mig__kind_words(column->kind));
    mig_timestamp_format(us, column->kind == MIG_KIND_TIMESTAMPTZ ? MIG_TIME_OFFSET : 0, text);
    *number = mig__tight_piece(column->kind,
                               mig__say(tr, "'%s'::%s", text, mig_wire_name(column->column->wire)));
    return true;
}

/*
 * The text of a whole moment, in UTC.  A date alone is less than every moment of its day that has a
 * time behind it: so `>=` and `<` alone mean the same of texts and of moments.
 */
static bool
moment_of_text(mig__translating *tr, const char *op, const mig__piece *column, mig__piece *text)
{
    char          printed[MIG_TIMESTAMP_MAX];
    mig_timestamp ts;
    bool          date_only, zoned = column->kind == MIG_KIND_TIMESTAMPTZ;

    if (!text->literal || affinity(column) == MIG_AFFINITY_INTEGER ||
        affinity(column) == MIG_AFFINITY_REAL ||
        mig_timestamp_parse(text->value, strlen(text->value), &ts) != MIG_TEMPORAL_OK ||
        ts.truncated || mig_timestamp_is_infinite(ts.us))
        return mig__refuse(tr, "%s compared with a text that is none",
                           mig__kind_words(column->kind));
    date_only = strlen(text->value) == 10;
    if (date_only && strcmp(op, ">=") != 0 && strcmp(op, "<") != 0)
        return mig__refuse(tr, "%s compared with a date alone", mig__kind_words(column->kind));
    mig_timestamp_format(ts.us, zoned ? MIG_TIME_OFFSET : 0, printed);
    *text = mig__tight_piece(
        column->kind, mig__say(tr, "'%s'::%s", printed, mig_wire_name(column->column->wire)));
    mig__note(tr, "texts of times are compared as moments, in UTC");
    return true;
}

static bool
date_of_text(mig__translating *tr, const mig__piece *column, mig__piece *text)
{
    int32_t days;

    if (!text->literal || affinity(column) == MIG_AFFINITY_INTEGER || strlen(text->value) != 10 ||
        mig_date_parse(text->value, 10, &days) != MIG_TEMPORAL_OK)
        return mig__refuse(tr, "a date compared with a text that is none");
    *text = mig__tight_piece(MIG_KIND_DATE, mig__say(tr, "'%s'::date", text->value));
    return true;
}

static bool
match_time(mig__translating *tr, const char *op, mig__piece *column, mig__piece *other)
{
    if (column->column == NULL && (column->kind != MIG_KIND_DATE || other->kind != MIG_KIND_TEXT))
        return mig__refuse(tr, "a time compared with %s", mig__kind_words(other->kind));
    if (mig__is_number_kind(other->kind))
        return moment_of_number(tr, column, other);
    if (other->kind != MIG_KIND_TEXT || column->kind == MIG_KIND_TIME)
        return mig__refuse(tr, "%s compared with %s", mig__kind_words(column->kind),
                           mig__kind_words(other->kind));
    return column->kind == MIG_KIND_DATE ? date_of_text(tr, column, other)
                                         : moment_of_text(tr, op, column, other);
}

static bool
match_times(mig__translating *tr, const mig__piece *left, const mig__piece *right)
{
    if (left->column != NULL && right->column != NULL &&
        (left->column->unit != right->column->unit ||
         left->column->affinity != right->column->affinity))
        return mig__refuse(tr, "times of two forms");
    if (left->kind != MIG_KIND_DATE && left->kind != MIG_KIND_TIME && left->column != NULL &&
        left->column->affinity != MIG_AFFINITY_INTEGER)
        mig__note(tr, "texts of times are compared as moments, in UTC");
    return true;
}

static bool
match_uuid(mig__translating *tr, const char *op, const mig__piece *uuid, mig__piece *text)
{
    unsigned char bytes[16];

    if (text->kind != MIG_KIND_TEXT || !text->literal || strlen(text->value) != 36 ||
        !mig_uuid_parse(text->value, 36, bytes) || affinity(uuid) != MIG_AFFINITY_TEXT ||
        strpbrk(op, "<>") != NULL)
        return mig__refuse(tr, "a uuid compared with %s", mig__kind_words(text->kind));
    mig__note(tr, "texts of uuids are compared as uuids, in either case of their digits");
    *text = mig__tight_piece(MIG_KIND_UUID, mig__say(tr, "'%s'::uuid", text->value));
    return true;
}

/* ---- all kinds -------------------------------------------------------------------------- */

static bool
match_same(mig__translating *tr, bool ordered, mig__piece *left, mig__piece *right)
{
    switch (left->kind) {
    case MIG_KIND_TEXT:
        return match_texts(tr, ordered, left, right);
    case MIG_KIND_JSON:
        return mig__pg_text(tr, left, left) && mig__pg_text(tr, right, right) &&
               match_texts(tr, ordered, left, right);
    case MIG_KIND_DATE:
    case MIG_KIND_TIME:
    case MIG_KIND_TIMESTAMP:
    case MIG_KIND_TIMESTAMPTZ:
        return match_times(tr, left, right);
    case MIG_KIND_BOOLEAN:
    case MIG_KIND_BLOB:
    case MIG_KIND_UUID:
    case MIG_KIND_NULL:
        return true;
    case MIG_KIND_INTEGER:
    case MIG_KIND_REAL:
    case MIG_KIND_NUMERIC:
        return match_numbers(tr, ordered, left, right);
    case MIG_KIND_JSONB:
    case MIG_KIND_OTHER:
        break;
    }
    return mig__refuse(tr, "%s compared with %s", mig__kind_words(left->kind),
                       mig__kind_words(right->kind));
}

/* What one of the two is, seen from the left; *donep false where it says nothing. */
static bool
match_from(mig__translating *tr, const char *op, mig__piece *left, mig__piece *right, bool *donep)
{
    bool ordered = op[0] == '<' ? op[1] != '>' : op[0] == '>';

    *donep = true;
    if (left->kind == MIG_KIND_BOOLEAN && mig__is_number_kind(right->kind))
        return match_boolean(tr, left, right);
    if (left->kind == MIG_KIND_BOOLEAN && right->kind == MIG_KIND_TEXT)
        return match_truth_word(tr, left, right);
    if (mig__is_number_kind(left->kind) && right->kind == MIG_KIND_TEXT)
        return right->column != NULL ? match_text_number(tr, ordered, right, left)
                                     : match_number_text(tr, ordered, left, right);
    if (mig__is_time_kind(left->kind))
        return match_time(tr, op, left, right);
    if (left->kind == MIG_KIND_UUID)
        return match_uuid(tr, op, left, right);
    if (left->kind == MIG_KIND_JSON && right->kind == MIG_KIND_TEXT)
        return mig__pg_text(tr, left, left) && match_texts(tr, ordered, left, right);
    *donep = false;
    return true;
}

static const char *
mirrored(const char *op)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(op, pairs[i][0]) == 0)
            return pairs[i][1];
    return op;
}

static bool
match(mig__translating *tr, const char *op, mig__piece *left, mig__piece *right)
{
    bool ordered = op[0] == '<' ? op[1] != '>' : op[0] == '>';
    bool done;

    if (left->kind == MIG_KIND_NULL || right->kind == MIG_KIND_NULL)
        return left->kind != MIG_KIND_JSON && right->kind != MIG_KIND_JSON
                   ? true
                   : mig__pg_text(tr, left, left) && mig__pg_text(tr, right, right);
    if (left->kind == right->kind ||
        (mig__is_number_kind(left->kind) && mig__is_number_kind(right->kind)))
        return mig__is_number_kind(left->kind) ? match_numbers(tr, ordered, left, right)
                                               : match_same(tr, ordered, left, right);
    if (!match_from(tr, op, left, right, &done))
        return false;
    if (!done && !match_from(tr, mirrored(op), right, left, &done))
        return false;
    return done || mig__refuse(tr, "%s compared with %s", mig__kind_words(left->kind),
                               mig__kind_words(right->kind));
}

bool
mig__pg_match(mig__translating *tr, bool ordered, mig__piece *left, mig__piece *right)
{
    return match(tr, ordered ? "<=" : "=", left, right);
}

bool
mig__pg_compare(mig__translating *tr, const char *op, mig__piece left, mig__piece right,
                mig__piece *out)
{
    const char *sign = op;

    if (strcmp(op, "IS") == 0 || strcmp(op, "IS NOT") == 0) {
        bool negated = strcmp(op, "IS NOT") == 0;

        if (right.kind == MIG_KIND_NULL || left.kind == MIG_KIND_NULL) {
            const mig__piece *value = right.kind == MIG_KIND_NULL ? &left : &right;

            *out = mig__loose_piece(
                MIG_KIND_BOOLEAN,
                mig__say(tr, "%s IS %sNULL", mig__side(tr, value), negated ? "NOT " : ""));
            return true;
        }
        sign = negated ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM";
        op = "=";
    }
    if (!match(tr, op, &left, &right))
        return false;
    *out = mig__loose_piece(MIG_KIND_BOOLEAN, mig__say(tr, "%s %s %s", mig__side(tr, &left), sign,
                                                       mig__side(tr, &right)));
    return true;
}

/* ---- typeof() --------------------------------------------------------------------------- */

bool
mig__pg_class_in(mig__translating *tr, const mig__piece *class, const mig__piece *list, size_t n,
                 bool negated, mig__piece *out)
{
    bool value = false, null = false;

    for (size_t i = 0; i < n; i++) {
        if (!list[i].literal || list[i].kind != MIG_KIND_TEXT)
            return mig__refuse(tr, "typeof() compared with something other than a text");
        value = value || strcmp(list[i].value, class->class) == 0;
        null = null || strcmp(list[i].value, "null") == 0;
    }
    if (class->not_null)
        null = value;
    if (negated) {
        value = !value;
        null = !null;
    }
    if (value == null)
        *out = mig__tight_piece(MIG_KIND_BOOLEAN, value ? "true" : "false");
    else
        *out = mig__loose_piece(
            MIG_KIND_BOOLEAN, mig__say(tr, "%s IS %sNULL", class->classified, value ? "NOT " : ""));
    return true;
}
