/*
 * sql_tree.h - expressions and queries of either dialect as trees.
 *
 * One shape for both dialects: what the two write differently and mean alike
 * is one kind of node (IN and = ANY (ARRAY[...]), CAST and ::).  Whether an
 * operator or a function exists and what it means is not known here.
 *
 * Ownership: a tree and every text that belongs to it stand in an arena, which
 * is freed as a whole.  An arena that could not allocate stays failed
 * (mig__arena_failed) and gives NULL.
 *
 * Pure; one thread at a time.
 */
#ifndef MIG__SQL_TREE_H
#define MIG__SQL_TREE_H

#include "mig/buf.h"
#include "mig/schema.h"

/* ---- memory ----------------------------------------------------------------------------- */

typedef struct mig__arena {
    struct mig__arena_block *blocks;
    bool                     failed;
} mig__arena;

/* Zeroed and aligned; NULL without memory. */
void *mig__arena_take(mig__arena *arena, size_t size);
/* Copies; "" without memory. */
const char *mig__arena_keep(mig__arena *arena, const char *text, size_t len);
void        mig__arena_fini(mig__arena *arena);

/* ---- expressions ------------------------------------------------------------------------ */

typedef enum mig__node_kind {
    MIG_NODE_NULL,
    MIG_NODE_BOOLEAN, /* number: 0 or 1 */
    MIG_NODE_NUMBER,  /* text: without a sign */
    MIG_NODE_STRING,  /* text, without quotes */
    MIG_NODE_BLOB,    /* text: hexadecimal digits */
    MIG_NODE_COLUMN,  /* text; qualifier or NULL; quoted */
    MIG_NODE_STAR,    /* qualifier or NULL */
    MIG_NODE_KEYWORD, /* text, in upper case: CURRENT_TIMESTAMP and its like */

    MIG_NODE_UNARY,    /* text: - + ~ NOT; one argument */
    MIG_NODE_BINARY,   /* text: the operator, or AND, OR; two arguments */
    MIG_NODE_IS,       /* two arguments; negated; text: "" or "DISTINCT" (IS DISTINCT FROM) */
    MIG_NODE_IS_TRUTH, /* IS TRUE, FALSE, UNKNOWN: text; one argument; negated */
    MIG_NODE_BETWEEN,  /* three arguments; negated */
    MIG_NODE_IN,       /* the value, then the list; negated; or a query */
    MIG_NODE_LIKE,     /* text: LIKE, GLOB, REGEXP, MATCH, ILIKE; two arguments or, with ESCAPE,
                          three; negated */
    MIG_NODE_CASE,     /* base: the first argument is CASE's own; then pairs; has_else: one more */
    MIG_NODE_CAST,     /* text: the type; one argument */
    MIG_NODE_COLLATE,  /* text; one argument */
    MIG_NODE_CALL,     /* text: the function's name, in lower case if it was not quoted; qualifier:
                          its schema; star, distinct */
    MIG_NODE_ROW,      /* (a, b) */
    MIG_NODE_ARRAY,    /* ARRAY[...] */
    MIG_NODE_EXISTS,   /* query */
    MIG_NODE_QUERY,    /* query: its value */
} mig__node_kind;

typedef struct mig__query mig__query;

typedef struct mig__node mig__node;
struct mig__node {
    mig__node_kind kind;
    const char    *text;
    const char    *qualifier;
    mig__node    **args;
    size_t         n_args;
    mig__query    *query;
    int            number;
    bool           negated, quoted, base, has_else, star, distinct;
};

/* ---- queries ---------------------------------------------------------------------------- */

typedef struct mig__result {
    mig__node  *value;
    const char *alias; /* or NULL */
    const char *span;  /* the expression as it was written: span_len bytes */
    size_t      span_len;
} mig__result;

typedef enum mig__join_kind {
    MIG_JOIN_COMMA, /* also the first of FROM */
    MIG_JOIN_INNER,
    MIG_JOIN_CROSS,
    MIG_JOIN_LEFT,
    MIG_JOIN_RIGHT,
    MIG_JOIN_FULL,
} mig__join_kind;

/* One relation of FROM, and how it is joined with what stands before it. */
typedef struct mig__from {
    mig__join_kind    kind;
    bool              natural;
    const char       *schema, *table; /* or */
    mig__query       *query;          /* or */
    struct mig__from *group;          /* a join in parentheses */
    size_t            n_group;
    const char       *alias; /* or NULL */
    mig__node        *on;    /* or NULL */
    const char **using;
    size_t n_using;
} mig__from;

typedef struct mig__order {
    mig__node      *value;
    bool            descending;
    mig_nulls_order nulls;
} mig__order;

/* One SELECT, or VALUES. */
typedef struct mig__select {
    bool         distinct;
    mig__result *results;
    size_t       n_results;
    mig__from   *from;
    size_t       n_from;
    mig__node   *where, *having;
    mig__node  **group;
    size_t       n_group;
    mig__node  **rows; /* VALUES: of kind ROW */
    size_t       n_rows;
    const char  *compound; /* "UNION", "UNION ALL", ... with the one before it; NULL: the first */
} mig__select;

typedef struct mig__with {
    const char  *name;
    const char **columns;
    size_t       n_columns;
    mig__query  *query;
} mig__with;

struct mig__query {
    bool         recursive;
    mig__with   *withs;
    size_t       n_withs;
    mig__select *selects; /* joined by their compound operators, from left to right */
    size_t       n_selects;
    mig__order  *orders;
    size_t       n_orders;
    mig__node   *limit, *offset; /* or NULL */
};

/* ---- parsing ---------------------------------------------------------------------------- */

/* Deeper than this nothing is parsed: each step of the parsers and translators is recursive. */
#define MIG_SQL_MAX_DEPTH 100

/*
 * The whole text.  NULL: not understood, and *why says so ("near \"x\""), or the arena has failed.
 * Comments are skipped.
 */
mig__node  *mig__sql_parse_expression(mig__arena *arena, mig_dialect dialect, const char *text,
                                      mig_buf *why);
mig__query *mig__sql_parse_query(mig__arena *arena, mig_dialect dialect, const char *text,
                                 mig_buf *why);

#endif
