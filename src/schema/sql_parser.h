/*
 * sql_parser.h - what the parsers of expressions and of queries share.
 *
 * Each mig__parse_ function stands before its first token and leaves the
 * parser behind its last, and returns NULL or false when the text is not
 * understood; where that was is kept once, by the first that notices.
 */
#ifndef MIG__SQL_PARSER_H
#define MIG__SQL_PARSER_H

#include "lex.h"
#include "sql_tree.h"

typedef struct mig__parser {
    mig__arena *arena;
    mig_dialect dialect;
    mig_lexer   lexer;
    mig_token   token;  /* the next one */
    const char *behind; /* where the one before it ends */
    mig_buf    *why;
    unsigned    depth;
} mig__parser;

void mig__parser_init(mig__parser *parser, mig__arena *arena, mig_dialect dialect, const char *text,
                      mig_buf *why);

/* Tells that the next token is not understood, if nothing was told before; false. */
bool mig__parser_fail(mig__parser *parser);

/* Whether the next token, or the one behind it, is that word or sign. */
bool mig__parser_is(const mig__parser *parser, const char *word);
bool mig__parser_sign(const mig__parser *parser, const char *sign);
bool mig__parser_is_second(const mig__parser *parser, const char *word);
bool mig__parser_sign_second(const mig__parser *parser, const char *sign);

void mig__parser_next(mig__parser *parser);

/* Goes on behind the word or sign, if it is the next token. */
bool mig__parser_skip(mig__parser *parser, const char *word);
bool mig__parser_skip_sign(mig__parser *parser, const char *sign);
/* The same, failing if it is not. */
bool mig__parser_expect(mig__parser *parser, const char *word);
bool mig__parser_expect_sign(mig__parser *parser, const char *sign);

/* What the next token stands for, in the arena; goes on behind it. */
const char *mig__parser_text(mig__parser *parser);
/* The same of a name, in quotes or without; NULL if it is none. */
const char *mig__parser_name(mig__parser *parser);

mig__node *mig__node_new(mig__parser *parser, mig__node_kind kind, const char *text);
bool       mig__node_add(mig__parser *parser, mig__node *node, mig__node *arg);

/* Room for one more element at the end of *list, which has `n` elements of `size` bytes. */
void *mig__parser_grow(mig__parser *parser, void *listp, size_t *n, size_t size);

mig__node  *mig__parse_expression(mig__parser *parser);
mig__query *mig__parse_query(mig__parser *parser);

/* Whether a query begins here. */
bool mig__parser_at_query(const mig__parser *parser);

#endif
