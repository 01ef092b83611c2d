/*
 * translating.h - what a translation is made of.
 *
 * A tree is translated from its leaves up: each node becomes a piece, which is
 * text of the target's dialect and what is known of its value.  Whoever puts
 * pieces together brings them into one type first, and refuses where that would
 * change what they mean.  So no step has to know more than its own pieces.
 *
 * Refusing is no error: a function that returns false has given a reason
 * (mig__refuse), or the arena has failed.
 *
 * The two directions:
 *   translate_pg*.c      SQLite's trees to PostgreSQL
 *   translate_sqlite*.c  PostgreSQL's trees to SQLite
 */
#ifndef MIG__TRANSLATING_H
#define MIG__TRANSLATING_H

#include "mig/translate.h"
#include "sql_tree.h"

/* What a value is, in PostgreSQL's terms; SQLite has the same value in the form that docs/types.md
 * says. */
typedef enum mig__kind {
    MIG_KIND_NULL, /* the literal */
    MIG_KIND_BOOLEAN,
    MIG_KIND_INTEGER,
    MIG_KIND_REAL,
    MIG_KIND_NUMERIC,
    MIG_KIND_TEXT,
    MIG_KIND_BLOB,
    MIG_KIND_DATE,
    MIG_KIND_TIME,
    MIG_KIND_TIMESTAMP,
    MIG_KIND_TIMESTAMPTZ,
    MIG_KIND_JSON,
    MIG_KIND_JSONB,
    MIG_KIND_UUID,
    MIG_KIND_OTHER,
} mig__kind;

/* How tightly a piece's text holds together. */
typedef enum mig__hold {
    MIG_HOLD_TIGHT,    /* a name, a call, anything in parentheses */
    MIG_HOLD_SIGNED,   /* a number with its sign: behind it no :: may stand */
    MIG_HOLD_OPERATOR, /* an operator that binds more tightly than a comparison */
    MIG_HOLD_TEST,     /* a comparison */
    MIG_HOLD_NOT,
    MIG_HOLD_LOOSE, /* AND, OR */
} mig__hold;

typedef enum mig__collation {
    MIG_COLLATION_NONE, /* bytes are compared, as SQLite does by itself */
    MIG_COLLATION_NOCASE,
    MIG_COLLATION_RTRIM,
} mig__collation;

typedef struct mig__piece {
    mig__kind   kind;
    const char *text;
    mig__hold   hold;

    bool        literal;
    const char *value; /* of a literal: the number with its sign, the text, the digits of a blob */

    /* A column's: how SQLite has it, and NULL for anything else. */
    const mig_translated_column *column;
    bool                         not_null;
    bool                         wide; /* INTEGER: of 64 bits */
    int64_t                      least, greatest; /* INTEGER: what is known of it; else both 0 */

    mig__collation collation;
    bool           collated; /* by COLLATE itself */

    /* typeof(x): the class that x has if it is not NULL, and x. */
    const char *class;
    const char *classified;

    /* TEXT: the digits of a number, which is this as an integer; else NULL. */
    const char *digits;
} mig__piece;

/* A relation that a query's names may mean. */
typedef struct mig__scope mig__scope;

typedef struct mig__translating {
    const mig_translation       *translation;
    mig_translate_use            use;
    bool                         query;   /* a view's: no use counts, nothing has to be immutable */
    bool                         in_call; /* an aggregate's argument */
    bool                         aggregates; /* an aggregate may stand here */
    bool                         null_test;  /* of the column under way only that is asked */
    const mig_translated_column *of;
    const mig__scope            *scope; /* of a query, innermost; else NULL */
    mig__arena                  *arena;
    mig_buf                     *why;   /* the reason of a refusal: the first one stays */
    mig_buf                     *notes; /* differences that are told */
} mig__translating;

/* ---- translating.c ---------------------------------------------------------------------- */

/* False, always. */
bool mig__refuse(mig__translating *tr, const char *fmt, ...) MIG_PRINTF(2, 3);
/* Told once. */
void mig__note(mig__translating *tr, const char *text);

/* Text in the arena. */
const char *mig__say(mig__translating *tr, const char *fmt, ...) MIG_PRINTF(2, 3);
const char *mig__identifier(mig__translating *tr, const char *name);
const char *mig__literal(mig__translating *tr, const char *text);
/* n texts with a separator between them. */
const char *mig__join(mig__translating *tr, const char *const *texts, size_t n,
                      const char *separator);

/* The piece as an operand of any operator, of a comparison, of AND and OR, and of :: or COLLATE; in
 * parentheses where they are needed or help a reader. */
const char *mig__operand(mig__translating *tr, const mig__piece *piece);
const char *mig__side(mig__translating *tr, const mig__piece *piece);
const char *mig__term(mig__translating *tr, const mig__piece *piece);
const char *mig__tight(mig__translating *tr, const mig__piece *piece);

mig__piece mig__tight_piece(mig__kind kind, const char *text);
/* An operator's: of a boolean a comparison. */
mig__piece mig__loose_piece(mig__kind kind, const char *text);
mig__piece mig__text_literal(mig__translating *tr, const char *value);

/* The kind of a wire type; the words that messages use. */
mig__kind   mig__kind_of(mig_wire_type wire);
const char *mig__kind_words(mig__kind kind);
bool        mig__is_number_kind(mig__kind kind);
bool        mig__is_time_kind(mig__kind kind);

/* The letters of ASCII in lower or upper case, as SQLite sees them. */
const char *mig__fold(mig__translating *tr, const char *text, bool upper);

/* Whether names are equal, in any case of ASCII letters. */
bool mig__same_word(const char *a, const char *b);

/* Whether the text is an integer of 64 bits in decimal digits, in the one way it is printed. */
bool mig__is_integer(const char *text, int64_t *valuep);

/* The column that a node means: by the scopes of a query, else as the caller knows it.  Its text
 * goes to *textp.  False: there is none; true with *foundp false: refused. */
bool mig__find_column(mig__translating *tr, const mig__node *node, mig_translated_column **foundp,
                      const char **textp);

/* ---- to PostgreSQL ----------------------------------------------------------------------------
 */

/* translate_pg.c */
bool mig__pg_value(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__pg_condition(mig__translating *tr, const mig__node *node, const char **textp);
/* Whether the column's values do not mean the same in SQLite as in the type that holds them: they
 * are of several storage classes, which operators tell apart, or of another one. */
bool mig__pg_is_mixed(const mig_translated_column *column);
/* A piece as a condition. */
bool mig__pg_truth(mig__translating *tr, const mig__piece *piece, mig__piece *out);
/* All into one type, as the branches of CASE are. */
bool mig__pg_unify(mig__translating *tr, mig__piece *pieces, size_t n, mig__kind *kindp);

/* translate_pg_compare.c: op is =, <>, <, <=, >, >=, IS or IS NOT. */
bool mig__pg_compare(mig__translating *tr, const char *op, mig__piece left, mig__piece right,
                     mig__piece *out);
/* Both in one type, such that PostgreSQL's operator compares as SQLite does. */
bool mig__pg_match(mig__translating *tr, bool ordered, mig__piece *left, mig__piece *right);
/* typeof(x) compared with a list of texts. */
bool mig__pg_class_in(mig__translating *tr, const mig__piece *class, const mig__piece *list,
                      size_t n, bool negated, mig__piece *out);

/* translate_pg_operator.c */
bool mig__pg_binary(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__pg_unary(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__pg_like(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__pg_cast(mig__translating *tr, const mig__node *node, mig__piece *out);
/* The piece as text: what SQLite makes of it where it takes it for one. */
bool mig__pg_text(mig__translating *tr, const mig__piece *piece, mig__piece *out);
/* A boolean as 0 and 1, anything else as it is. */
mig__piece mig__pg_plain(mig__translating *tr, const mig__piece *piece);
/* As double precision. */
const char *mig__pg_double(mig__translating *tr, const mig__piece *piece);

/* translate_pg_call.c */
bool mig__pg_call(mig__translating *tr, const mig__node *node, mig__piece *out);

/* translate_pg_time.c: date(), datetime() and their like; CURRENT_TIMESTAMP and its like. */
bool mig__pg_time_call(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__pg_keyword(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__pg_is_time_call(const mig__node *node);
/* A date as the text that SQLite writes. */
const char *mig__pg_date_text(mig__translating *tr, const char *date);
/* The same as a default for a column; *donep false: it is none. */
bool mig__pg_default_time(mig__translating *tr, const mig__node *node, mig__piece *out,
                          bool *donep);

/* translate_pg_random.c; any integer of 64 bits, as SQLite's random() gives. */
#define MIG_PG_RANDOM                                                                              \
    "floor(random() * 4294967296)::bigint << 32 | floor(random() * 4294967296)::bigint"
bool mig__pg_random(mig__translating *tr, const mig__node *node, mig__piece *out, bool *donep);

/* translate_pg_value.c: the piece as a value of the column `of`. */
bool mig__pg_store(mig__translating *tr, const mig__piece *piece, mig__piece *out);

#endif
