/*
 * translate_pg_operator.c - SQLite's operators and CAST in PostgreSQL.
 *
 * Arithmetic: SQLite computes integers in 64 bits and real numbers as doubles,
 * and division by zero is NULL.  So narrower columns are widened, numeric
 * columns become doubles, and a divisor goes through nullif().  What SQLite
 * turns into a real number when 64 bits overflow is an error of PostgreSQL: it
 * is refused where the values that are known do so.
 *
 * Sources: SQLite, "SQL Language Expressions", 2 and 14; PostgreSQL manual,
 * "Mathematical Functions and Operators".
 */
#include <string.h>

#include "mig/type_rules.h"
#include "translating.h"

/* ---- from one type to another ----------------------------------------------------------- */

mig__piece
mig__pg_plain(mig__translating *tr, const mig__piece *piece)
{
    mig__piece plain;

    if (piece->kind != MIG_KIND_BOOLEAN)
        return *piece;
    plain = mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "%s::integer", mig__tight(tr, piece)));
    plain.not_null = piece->not_null;
    return plain;
}

const char *
mig__pg_double(mig__translating *tr, const mig__piece *piece)
{
    if (piece->kind == MIG_KIND_REAL && !piece->literal &&
        (piece->column == NULL || piece->column->wire == MIG_WIRE_FLOAT8))
        return mig__operand(tr, piece);
    return mig__say(tr, "%s::double precision", mig__tight(tr, piece));
}

/* An integer that does not overflow before 64 bits do. */
static const char *
wide(mig__translating *tr, const mig__piece *piece)
{
    if (piece->wide)
        return mig__operand(tr, piece);
    return mig__say(tr, "%s::bigint", mig__tight(tr, piece));
}

bool
mig__pg_text(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    mig__piece plain = mig__pg_plain(tr, piece);
    bool       bytes_kept = plain.kind == MIG_KIND_JSON &&
                      (plain.column == NULL || plain.column->affinity == MIG_AFFINITY_TEXT ||
                       plain.column->affinity == MIG_AFFINITY_BLOB);

    if (plain.kind == MIG_KIND_TEXT || plain.kind == MIG_KIND_NULL) {
        *out = plain;
        return true;
    }
    if (piece->kind == MIG_KIND_BOOLEAN && piece->column != NULL &&
        piece->column->affinity == MIG_AFFINITY_TEXT)
        return mig__refuse(tr, "the texts of a column of booleans");
    if (plain.kind == MIG_KIND_INTEGER && plain.literal) {
        *out = mig__text_literal(tr, plain.value);
        return true;
    }
    if (plain.kind == MIG_KIND_DATE && plain.column == NULL) {
        *out = mig__tight_piece(MIG_KIND_TEXT, mig__pg_date_text(tr, plain.text));
        return true;
    }
    if (plain.kind != MIG_KIND_INTEGER && !bytes_kept)
        return mig__refuse(tr, "%s as a text", mig__kind_words(plain.kind));
    *out = mig__tight_piece(MIG_KIND_TEXT, mig__say(tr, "%s::text", mig__tight(tr, &plain)));
    out->not_null = piece->not_null;
    return true;
}

/* ---- arithmetic ------------------------------------------------------------------------- */

static bool
number_of(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece piece;

    if (!mig__pg_value(tr, node, &piece))
        return false;
    if (piece.kind == MIG_KIND_BOOLEAN && piece.column != NULL &&
        piece.column->affinity == MIG_AFFINITY_TEXT)
        return mig__refuse(tr, "the texts of a column of booleans");
    *out = mig__pg_plain(tr, &piece);
    if (out->digits != NULL)
        *out = mig__tight_piece(MIG_KIND_INTEGER, out->digits);
    if (out->kind == MIG_KIND_NULL) {
        *out = mig__tight_piece(MIG_KIND_INTEGER, "NULL::bigint");
        out->wide = true;
    }
    if (!mig__is_number_kind(out->kind))
        return mig__refuse(tr, "%s in arithmetic", mig__kind_words(out->kind));
    if (out->column != NULL && out->column->wire == MIG_WIRE_FLOAT4)
        return mig__refuse(tr, "arithmetic of single precision");
    return true;
}

/* Sets the range; false: the values that are known leave 64 bits. */
static bool
set_range(const char *op, const mig__piece *left, const mig__piece *right, mig__piece *out)
{
    const int64_t a[2] = {left->least, left->greatest}, b[2] = {right->least, right->greatest};
    bool          over = false;

    for (int i = 0; i < 4; i++) {
        int64_t x = a[i & 1], y = b[i >> 1], value = 0;

        if (op[0] == '+')
            over |= __builtin_add_overflow(x, y, &value);
        else if (op[0] == '-')
            over |= __builtin_sub_overflow(x, y, &value);
        else if (op[0] == '*')
            over |= __builtin_mul_overflow(x, y, &value);
        out->least = i == 0 || value < out->least ? value : out->least;
        out->greatest = i == 0 || value > out->greatest ? value : out->greatest;
    }
    return !over;
}

static bool
integers(mig__translating *tr, const char *op, const mig__piece *left, const mig__piece *right,
         mig__piece *out)
{
    bool        divides = strcmp(op, "/") == 0 || strcmp(op, "%") == 0;
    const char *a = mig__operand(tr, left), *b = mig__operand(tr, right);

    /* One side of 64 bits is enough; a literal is none by itself. */
    if (!left->wide && !right->wide) {
        if (left->literal)
            b = wide(tr, right);
        else
            a = wide(tr, left);
    }
    if (divides && !(right->literal && strcmp(right->value, "0") != 0))
        b = mig__say(tr, "nullif(%s, 0)", right->text);
    *out = mig__loose_piece(MIG_KIND_INTEGER, mig__say(tr, "%s %s %s", a, op, b));
    out->wide = true;
    return set_range(op, left, right, out) ||
           mig__refuse(tr, "integers beyond 64 bits, which SQLite has as floating-point numbers");
}

/* Whether it is no integer in SQLite either. */
static bool
is_real(const mig__piece *piece)
{
    return piece->kind == MIG_KIND_REAL &&
           (piece->column == NULL || piece->column->affinity == MIG_AFFINITY_REAL);
}

static bool
doubles(mig__translating *tr, const char *op, const mig__piece *left, const mig__piece *right,
        mig__piece *out)
{
    const char *b = mig__pg_double(tr, right);

    if (strcmp(op, "%") == 0)
        return mig__refuse(tr, "%% of numbers that are no integers");
    /* Such columns may hold integers too, and their division is another one. */
    if (strcmp(op, "/") == 0 && !is_real(left) && !is_real(right))
        return mig__refuse(tr, "division of numbers that may be integers or not");
    if (strcmp(op, "/") == 0)
        b = mig__say(tr, "nullif(%s, 0)", b);
    *out =
        mig__loose_piece(MIG_KIND_REAL, mig__say(tr, "%s %s %s", mig__pg_double(tr, left), op, b));
    /* Integers of a numeric column stay integers there, which only a text or typeof() would tell.
     */
    return true;
}

static bool
arithmetic(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece left, right;

    if (!number_of(tr, node->args[0], &left) || !number_of(tr, node->args[1], &right))
        return false;
    return left.kind == MIG_KIND_INTEGER && right.kind == MIG_KIND_INTEGER
               ? integers(tr, node->text, &left, &right, out)
               : doubles(tr, node->text, &left, &right, out);
}

/* Shifts by a number of bits that is known: the two differ beyond 63 and below 0. */
static bool
bits(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    bool       shift = strcmp(node->text, "<<") == 0 || strcmp(node->text, ">>") == 0;
    mig__piece left, right;
    int64_t    n = 0;

    if (!number_of(tr, node->args[0], &left) || !number_of(tr, node->args[1], &right))
        return false;
    if (left.kind != MIG_KIND_INTEGER || right.kind != MIG_KIND_INTEGER)
        return mig__refuse(tr, "bits of numbers that are no integers");
    if (shift && (!right.literal || !mig__is_integer(right.value, &n) || n < 0 || n > 63))
        return mig__refuse(tr, "a shift by a number of bits that is not known");
    *out = mig__loose_piece(MIG_KIND_INTEGER,
                            mig__say(tr, "%s %s %s", wide(tr, &left), node->text,
                                     shift ? mig__operand(tr, &right) : wide(tr, &right)));
    out->wide = true;
    return true;
}

static bool
concatenation(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const char *texts[2];

    for (size_t i = 0; i < 2; i++) {
        const mig__node *arg = node->args[i];
        mig__piece       piece;

        if (!mig__pg_value(tr, arg, &piece) || !mig__pg_text(tr, &piece, &piece))
            return false;
        if (piece.kind == MIG_KIND_NULL)
            piece.text = "NULL::text";
        texts[i] = arg->kind == MIG_NODE_BINARY && strcmp(arg->text, "||") == 0 && i == 0
                       ? piece.text
                       : mig__operand(tr, &piece);
    }
    *out = mig__loose_piece(MIG_KIND_TEXT, mig__say(tr, "%s || %s", texts[0], texts[1]));
    return true;
}

static bool
comparison(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece left, right;
    bool       equality = strcmp(node->text, "=") == 0 || strcmp(node->text, "<>") == 0;

    if (!mig__pg_value(tr, node->args[0], &left) || !mig__pg_value(tr, node->args[1], &right))
        return false;
    if (left.class != NULL || right.class != NULL) {
        const mig__piece *class = left.class != NULL ? &left : &right;

        if (!equality)
            return mig__refuse(tr, "an order of typeof()");
        return mig__pg_class_in(tr, class, class == &left ? &right : &left, 1,
                                strcmp(node->text, "<>") == 0, out);
    }
    return mig__pg_compare(tr, node->text, left, right, out);
}

bool
mig__pg_binary(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    const char *op = node->text;

    if (strcmp(op, "||") == 0)
        return concatenation(tr, node, out);
    if (strcmp(op, "->") == 0 || strcmp(op, "->>") == 0)
        return mig__refuse(tr, "%s gives values of any type in SQLite, and texts in PostgreSQL",
                           op);
    if (strlen(op) == 1 && strchr("+-*/%", op[0]) != NULL)
        return arithmetic(tr, node, out);
    if (strcmp(op, "&") == 0 || strcmp(op, "|") == 0 || strcmp(op, "<<") == 0 ||
        strcmp(op, ">>") == 0)
        return bits(tr, node, out);
    return comparison(tr, node, out);
}

bool
mig__pg_unary(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece piece;

    if (strcmp(node->text, "+") == 0) {
        /* It does nothing but take the affinity away. */
        if (!mig__pg_value(tr, node->args[0], out))
            return false;
        if (out->column != NULL && out->kind != MIG_KIND_INTEGER && out->kind != MIG_KIND_REAL)
            return mig__refuse(tr, "a unary +, which takes a column's affinity away");
        return true;
    }
    if (!number_of(tr, node->args[0], &piece))
        return false;
    if (piece.kind == MIG_KIND_INTEGER) {
        *out =
            mig__loose_piece(MIG_KIND_INTEGER, mig__say(tr, "%s %s", node->text, wide(tr, &piece)));
        out->wide = true;
        return strcmp(node->text, "-") != 0 || piece.least > INT64_MIN ||
               mig__refuse(tr, "integers beyond 64 bits, which SQLite has as floating-point "
                               "numbers");
    }
    if (strcmp(node->text, "-") != 0)
        return mig__refuse(tr, "bits of numbers that are no integers");
    *out = mig__loose_piece(MIG_KIND_REAL, mig__say(tr, "- %s", mig__pg_double(tr, &piece)));
    return true;
}

/* ---- patterns --------------------------------------------------------------------------- */

static const char *
under_c(mig__translating *tr, const mig__piece *piece)
{
    return mig__say(tr, "%s COLLATE \"C\"", mig__tight(tr, piece));
}

/* The letters of ASCII in lower case, as LIKE of SQLite sees them; lower() of "C" does the same. */
static const char *
folded(mig__translating *tr, const mig__piece *piece)
{
    if (!piece->literal)
        return mig__say(tr, "lower(%s)", under_c(tr, piece));
    return mig__literal(tr, mig__fold(tr, piece->value, false));
}

/* The ESCAPE clause in PostgreSQL; SQLite has none by itself, PostgreSQL a backslash. */
static bool
escape_clause(mig__translating *tr, const mig__node *node, const mig__piece *pattern,
              const char **clausep)
{
    const mig__node *escape = node->n_args == 3 ? node->args[2] : NULL;
    size_t           len = pattern->literal ? strlen(pattern->value) : 0;

    *clausep = "ESCAPE ''";
    if (escape == NULL)
        return true;
    if (escape->kind != MIG_NODE_STRING || strlen(escape->text) != 1 ||
        strchr("%_", escape->text[0]) != NULL ||
        (escape->text[0] >= 'A' && escape->text[0] <= 'Z') || !pattern->literal ||
        (len > 0 && pattern->value[len - 1] == escape->text[0]))
        return mig__refuse(tr, "LIKE with this ESCAPE");
    *clausep = mig__say(tr, "ESCAPE %s", mig__literal(tr, escape->text));
    return true;
}

static bool
like(mig__translating *tr, const mig__node *node, const mig__piece *value,
     const mig__piece *pattern, mig__piece *out)
{
    const char *clause;

    if (!escape_clause(tr, node, pattern, &clause))
        return false;
    *out = mig__loose_piece(MIG_KIND_BOOLEAN,
                            mig__say(tr, "%s %sLIKE %s %s", folded(tr, value),
                                     node->negated ? "NOT " : "", folded(tr, pattern), clause));
    return true;
}

/* One [...] of GLOB as a bracket expression; *atp behind it.  False: nothing certain. */
static bool
glob_class(const char **atp, mig_buf *regex)
{
    const char *at = *atp + 1;
    bool        first = true;

    mig_buf_puts(regex, "[");
    if (*at == '^') {
        mig_buf_puts(regex, "^");
        at++;
    }
    for (; *at != '\0' && (first || *at != ']'); at++, first = false) {
        /* What only one of the two gives a meaning to. */
        if (*at == '\\' || *at == ']' || (unsigned char)*at >= 0x80 ||
            (*at == '[' && at[1] != '\0' && strchr(".=:", at[1]) != NULL))
            return false;
        if (*at == '-' && (first || at[1] == ']' || at[1] < at[-1]))
            return false;
        mig_buf_add(regex, at, 1);
    }
    if (*at != ']')
        return false;
    mig_buf_puts(regex, "]");
    *atp = at + 1;
    return true;
}

/* GLOB as a regular expression (bracketed) or a pattern of LIKE. */
static bool
glob_pattern(const char *glob, bool bracketed, mig_buf *out)
{
    const char *special = bracketed ? ".\\^$|(){}+*?[]" : "%_\\";

    while (*glob != '\0') {
        if (*glob == '[') {
            if (!glob_class(&glob, out))
                return false;
            continue;
        }
        if (*glob == '*')
            mig_buf_puts(out, bracketed ? ".*" : "%");
        else if (*glob == '?')
            mig_buf_puts(out, bracketed ? "." : "_");
        else if (strchr(special, *glob) != NULL)
            mig_buf_printf(out, "\\%c", *glob);
        else
            mig_buf_add(out, glob, 1);
        glob++;
    }
    return true;
}

static bool
glob(mig__translating *tr, const mig__node *node, const mig__piece *value,
     const mig__piece *pattern, mig__piece *out)
{
    bool        bracketed = pattern->literal && strchr(pattern->value, '[') != NULL;
    mig_buf     buf = MIG_BUF_INIT;
    bool        certain = pattern->literal && glob_pattern(pattern->value, bracketed, &buf);
    const char *text = mig__say(tr, bracketed ? "^%s$" : "%s", mig_buf_text(&buf));
    const char *op =
        bracketed ? (node->negated ? "!~" : "~") : (node->negated ? "NOT LIKE" : "LIKE");

    mig_buf_fini(&buf);
    if (!certain)
        return mig__refuse(tr, "GLOB with this pattern");
    *out = mig__loose_piece(
        MIG_KIND_BOOLEAN, mig__say(tr, "%s %s %s", under_c(tr, value), op, mig__literal(tr, text)));
    return true;
}

bool
mig__pg_like(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece value, pattern;
    bool       is_like = strcmp(node->text, "LIKE") == 0;

    if (!is_like && strcmp(node->text, "GLOB") != 0)
        return mig__refuse(tr, "%s has no equivalent", node->text);
    if (!mig__pg_value(tr, node->args[0], &value) || !mig__pg_text(tr, &value, &value) ||
        !mig__pg_value(tr, node->args[1], &pattern) || !mig__pg_text(tr, &pattern, &pattern))
        return false;
    if (value.kind == MIG_KIND_NULL || pattern.kind == MIG_KIND_NULL) {
        *out = mig__tight_piece(MIG_KIND_BOOLEAN, "NULL::boolean");
        return true;
    }
    return is_like ? like(tr, node, &value, &pattern, out) : glob(tr, node, &value, &pattern, out);
}

/* ---- CAST ------------------------------------------------------------------------------- */

static bool
cast_to_integer(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    *out = *piece;
    out->column = NULL;
    if (piece->kind == MIG_KIND_INTEGER)
        return true;
    if (piece->digits != NULL) {
        *out = mig__tight_piece(MIG_KIND_INTEGER, piece->digits);
        return true;
    }
    if (piece->kind != MIG_KIND_REAL && piece->kind != MIG_KIND_NUMERIC)
        return mig__refuse(tr, "CAST of %s AS INTEGER", mig__kind_words(piece->kind));
    *out = mig__tight_piece(MIG_KIND_INTEGER, mig__say(tr, "trunc(%s)::bigint", piece->text));
    /* Beyond 64 bits SQLite takes the nearest integer that there is. */
    if (piece->column == NULL || strchr(piece->column->type, '(') == NULL)
        out->text = mig__say(tr,
                             "CASE WHEN %s >= 9223372036854775807 THEN 9223372036854775807 WHEN %s "
                             "<= -9223372036854775808 THEN -9223372036854775808 ELSE %s END",
                             mig__side(tr, piece), mig__side(tr, piece), out->text);
    out->wide = true;
    return true;
}

static bool
cast_to_real(mig__translating *tr, const mig__piece *piece, mig__piece *out)
{
    if (!mig__is_number_kind(piece->kind))
        return mig__refuse(tr, "CAST of %s AS REAL", mig__kind_words(piece->kind));
    *out = mig__tight_piece(MIG_KIND_REAL, mig__pg_double(tr, piece));
    return true;
}

bool
mig__pg_cast(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    mig__piece piece;

    if (!mig__pg_value(tr, node->args[0], &piece))
        return false;
    if (piece.kind == MIG_KIND_BOOLEAN && piece.column != NULL &&
        piece.column->affinity == MIG_AFFINITY_TEXT)
        return mig__refuse(tr, "the texts of a column of booleans");
    piece = mig__pg_plain(tr, &piece);
    *out = piece;
    if (piece.kind == MIG_KIND_NULL)
        return true;
    switch (mig_affinity_of(node->text)) {
    case MIG_AFFINITY_INTEGER:
        return cast_to_integer(tr, &piece, out);
    case MIG_AFFINITY_TEXT:
        if (!mig__pg_text(tr, &piece, out))
            return false;
        out->column = NULL;
        return true;
    case MIG_AFFINITY_REAL:
        return cast_to_real(tr, &piece, out);
    case MIG_AFFINITY_NUMERIC:
        /* Digits that are texts, made numbers so that they compare as such. */
        if (piece.kind == MIG_KIND_NUMERIC && piece.column != NULL &&
            piece.column->affinity == MIG_AFFINITY_TEXT)
            mig__note(tr, "numbers are compared by all their digits");
        else if (piece.kind != MIG_KIND_INTEGER)
            break;
        out->column = NULL;
        return true;
    case MIG_AFFINITY_BLOB:
        if (piece.kind != MIG_KIND_BLOB)
            break;
        out->column = NULL;
        return true;
    }
    return mig__refuse(tr, "CAST of %s AS %s", mig__kind_words(piece.kind), node->text);
}
