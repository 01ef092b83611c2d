/*
 * lex.h - the words of an SQL text, in either dialect.
 *
 * A token is a place in the text; nothing is copied until its own text is asked
 * for.  White space and comments are no tokens.  Names are told apart from keywords by who asks
 * (mig__token_is), because most keywords of both dialects may be names too.
 *
 * What is no token of the dialect is BAD and takes at least one byte, so that a
 * caller that goes on always comes to the end.
 *
 * Left out, and so BAD: PostgreSQL's U&'...', U&"..." and N'...', which it never
 * writes itself.  Two strings that it would join across a line end are two
 * tokens.
 *
 * Sources: SQLite, src/tokenize.c; PostgreSQL manual, "Lexical Structure".
 *
 * Pure; any thread.
 */
#ifndef MIG__LEX_H
#define MIG__LEX_H

#include "mig/buf.h"
#include "mig/schema.h"

typedef enum mig_token_kind {
    MIG_TOKEN_END,
    MIG_TOKEN_NAME,      /* a bare word, keywords included */
    MIG_TOKEN_QUOTED,    /* "x"; SQLite also `x` and [x] */
    MIG_TOKEN_STRING,    /* 'x'; PostgreSQL also E'x' and $tag$x$tag$ */
    MIG_TOKEN_BLOB,      /* SQLite: x'00ff' */
    MIG_TOKEN_BITS,      /* PostgreSQL: b'01', x'0f' */
    MIG_TOKEN_NUMBER,    /* without a sign: 1, 1.5e-3, .5, 0x1f, 1_000 */
    MIG_TOKEN_PARAMETER, /* $1; SQLite also ?, ?1, :x, @x, #x, $x */
    MIG_TOKEN_OPERATOR,  /* the longest that the dialect knows */
    MIG_TOKEN_PUNCT,     /* ( ) , ; . and in PostgreSQL [ ] */
    MIG_TOKEN_BAD,       /* no token: an open quote or comment, a number with letters behind it */
} mig_token_kind;

typedef struct mig_token {
    mig_token_kind kind;
    mig_dialect    dialect;
    const char    *text; /* in the source: text[0..len), quotes included */
    size_t         start, len;
} mig_token;

typedef struct mig_lexer {
    mig_dialect dialect;
    const char *text; /* the caller's; outlives the lexer and its tokens */
    size_t      len;
    size_t      at; /* of the next token, or of white space before it */
} mig_lexer;

void mig__lex_init(mig_lexer *lexer, mig_dialect dialect, const char *text);

/* The next token; END again and again behind the last.  A lexer may be copied, to look ahead. */
void mig__lex_next(mig_lexer *lexer, mig_token *token);

/* Whether it is that bare word, in any case of ASCII letters. */
bool mig__token_is(const mig_token *token, const char *word);

/* Whether it is that OPERATOR or PUNCT. */
bool mig__token_sign(const mig_token *token, const char *sign);

/*
 * Appends what the token stands for: of QUOTED and STRING the text without quotes and escapes, of
 * BLOB and BITS the digits, of NAME the name (PostgreSQL: in lower case), of all others themselves.
 */
void mig__token_text(const mig_token *token, mig_buf *out);

#endif
