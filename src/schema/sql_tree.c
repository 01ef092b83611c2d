/*
 * sql_tree.c - the memory of trees, and what both parsers share.
 */
#include "sql_tree.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "sql_parser.h"

/* Trees of schemas are small; a longer text gets a block of its own. */
#define BLOCK_LEN ((size_t)8 * 1024)

typedef struct mig__arena_block {
    struct mig__arena_block *next;
    size_t                   used, cap;
    alignas(max_align_t) unsigned char data[];
} mig__arena_block;

/* ---- memory ----------------------------------------------------------------------------- */

void *
mig__arena_take(mig__arena *arena, size_t size)
{
    mig__arena_block *block = arena->blocks;
    size_t            whole = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    void             *taken;

    if (arena->failed)
        return NULL;
    if (block == NULL || block->cap - block->used < whole) {
        size_t cap = whole > BLOCK_LEN ? whole : BLOCK_LEN;

        block = malloc(sizeof *block + cap);
        if (block == NULL) {
            arena->failed = true;
            return NULL;
        }
        *block = (mig__arena_block){.next = arena->blocks, .cap = cap};
        arena->blocks = block;
    }
    taken = block->data + block->used;
    block->used += whole;
    memset(taken, 0, whole);
    return taken;
}

const char *
mig__arena_keep(mig__arena *arena, const char *text, size_t len)
{
    char *kept = mig__arena_take(arena, len + 1);

    if (kept == NULL)
        return "";
    if (len > 0)
        memcpy(kept, text, len);
    return kept;
}

void
mig__arena_fini(mig__arena *arena)
{
    while (arena->blocks != NULL) {
        mig__arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}

/* ---- the parser's place ----------------------------------------------------------------- */

void
mig__parser_init(mig__parser *parser, mig__arena *arena, mig_dialect dialect, const char *text,
                 mig_buf *why)
{
    *parser = (mig__parser){.arena = arena, .dialect = dialect, .why = why};
    mig__lex_init(&parser->lexer, dialect, text);
    mig__parser_next(parser);
}

void
mig__parser_next(mig__parser *parser)
{
    parser->behind = parser->token.text != NULL ? parser->token.text + parser->token.len : NULL;
    mig__lex_next(&parser->lexer, &parser->token);
}

bool
mig__parser_fail(mig__parser *parser)
{
    if (parser->why->len > 0 || parser->arena->failed)
        return false;
    if (parser->token.kind == MIG_TOKEN_END)
        mig_buf_puts(parser->why, "it ends too early to be understood");
    else
        mig_buf_printf(parser->why, "\"%.*s\" is not understood here",
                       (int)(parser->token.len < 40 ? parser->token.len : 40), parser->token.text);
    return false;
}

static mig_token
second(const mig__parser *parser)
{
    mig_lexer lexer = parser->lexer;
    mig_token token;

    mig__lex_next(&lexer, &token);
    return token;
}

bool
mig__parser_is(const mig__parser *parser, const char *word)
{
    return mig__token_is(&parser->token, word);
}

bool
mig__parser_sign(const mig__parser *parser, const char *sign)
{
    return mig__token_sign(&parser->token, sign);
}

bool
mig__parser_is_second(const mig__parser *parser, const char *word)
{
    mig_token token = second(parser);

    return mig__token_is(&token, word);
}

bool
mig__parser_sign_second(const mig__parser *parser, const char *sign)
{
    mig_token token = second(parser);

    return mig__token_sign(&token, sign);
}

bool
mig__parser_skip(mig__parser *parser, const char *word)
{
    if (!mig__parser_is(parser, word))
        return false;
    mig__parser_next(parser);
    return true;
}

bool
mig__parser_skip_sign(mig__parser *parser, const char *sign)
{
    if (!mig__parser_sign(parser, sign))
        return false;
    mig__parser_next(parser);
    return true;
}

bool
mig__parser_expect(mig__parser *parser, const char *word)
{
    return mig__parser_skip(parser, word) || mig__parser_fail(parser);
}

bool
mig__parser_expect_sign(mig__parser *parser, const char *sign)
{
    return mig__parser_skip_sign(parser, sign) || mig__parser_fail(parser);
}

const char *
mig__parser_text(mig__parser *parser)
{
    mig_buf     buf = MIG_BUF_INIT;
    const char *kept;

    mig__token_text(&parser->token, &buf);
    kept = mig__arena_keep(parser->arena, mig_buf_text(&buf), buf.len);
    parser->arena->failed |= buf.failed;
    mig_buf_fini(&buf);
    mig__parser_next(parser);
    return kept;
}

const char *
mig__parser_name(mig__parser *parser)
{
    if (parser->token.kind != MIG_TOKEN_NAME && parser->token.kind != MIG_TOKEN_QUOTED) {
        mig__parser_fail(parser);
        return NULL;
    }
    return mig__parser_text(parser);
}

/* ---- building --------------------------------------------------------------------------- */

void *
mig__parser_grow(mig__parser *parser, void *listp, size_t *n, size_t size)
{
    void **list = listp;
    char  *made = *list;

    /* Doubled when its length is a power of two; what is left behind goes with the arena. */
    if ((*n & (*n - 1)) == 0) {
        made = mig__arena_take(parser->arena, (*n == 0 ? 1 : *n * 2) * size);
        if (made == NULL)
            return NULL;
        if (*n > 0)
            memcpy(made, *list, *n * size);
        *list = made;
    }
    return made + (*n)++ * size;
}

mig__node *
mig__node_new(mig__parser *parser, mig__node_kind kind, const char *text)
{
    mig__node *node = mig__arena_take(parser->arena, sizeof *node);

    if (node != NULL) {
        node->kind = kind;
        node->text = text;
    }
    return node;
}

bool
mig__node_add(mig__parser *parser, mig__node *node, mig__node *arg)
{
    mig__node **place;

    if (node == NULL || arg == NULL)
        return false;
    place = mig__parser_grow(parser, &node->args, &node->n_args, sizeof(mig__node *));
    if (place == NULL)
        return false;
    *place = arg;
    return true;
}
