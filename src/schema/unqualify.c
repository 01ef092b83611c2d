/*
 * unqualify.c - the names of several schemas as names of one.
 *
 * What PostgreSQL writes with only pg_catalog in search_path has the schema in
 * front of each name that is not the server's own.  In expressions and types
 * nothing else looks like that.  In a query a column does, behind its table's
 * alias, which may be called as a schema is; so a name there counts only where
 * a table, a type, a function or a collation stands.
 *
 * The server writes keywords in capital letters, and puts names that have any in
 * quotes.  A table in FROM that has no alias is known by its bare name in the
 * rest of the query, which becomes its alias.
 *
 * Source: PostgreSQL, src/backend/utils/adt/ruleutils.c.
 */
#include <stdlib.h>
#include <string.h>

#include "lex.h"

/* What a name with its schema means. */
typedef struct known {
    const char *name;    /* "sales_orders" */
    const char *spelled; /* as SQL */
    bool        relation;
} known;

typedef struct unqualifying {
    mig_schema  *schema;
    char *const *schemas;
    size_t       n_schemas;
    known       *names; /* sorted */
    size_t       n_names;
    bool         failed;
} unqualifying;

/* A text under way. */
typedef struct rewriting {
    unqualifying *u;
    const char   *text;
    bool          query;
    mig_lexer     lexer;
    mig_token     before; /* the last token */
    uint64_t      from;   /* a bit for each depth of parentheses: tables stand here */
    unsigned      depth;
    mig_buf       out;
    size_t        copied; /* of the text */
} rewriting;

/* ---- what is known ------------------------------------------------------------------------ */

static int
compare_known(const void *a, const void *b)
{
    return strcmp(((const known *)a)->name, ((const known *)b)->name);
}

static const known *
find(const unqualifying *u, const char *name)
{
    const known wanted = {.name = name};

    return bsearch(&wanted, u->names, u->n_names, sizeof *u->names, compare_known);
}

/* Takes the text over; NULL without memory. */
static const char *
keep(unqualifying *u, mig_buf *text)
{
    const char *kept = text->failed ? NULL : mig_schema_keep(u->schema, mig_buf_text(text));

    u->failed = u->failed || kept == NULL;
    mig_buf_fini(text);
    return kept;
}

static void
know(unqualifying *u, const char *name, const char *spelled, bool relation)
{
    mig_buf text = MIG_BUF_INIT;

    if (spelled == NULL) {
        mig_buf_identifier(&text, name);
        spelled = keep(u, &text);
    }
    u->names[u->n_names++] = (known){name, spelled, relation};
}

static void
know_type(unqualifying *u, const mig_schema_type *type)
{
    mig_buf     text = MIG_BUF_INIT;
    mig_lexer   lexer;
    mig_token   token;
    const char *name;

    mig__lex_init(&lexer, MIG_DIALECT_POSTGRES, type->name);
    mig__lex_next(&lexer, &token);
    mig__token_text(&token, &text);
    name = keep(u, &text);
    if (name != NULL)
        know(u, name, type->name, false);
}

static void
know_object(unqualifying *u, const mig_schema_object *object)
{
    mig_buf     text = MIG_BUF_INIT;
    const char *name = object->name;

    if (object->kind == MIG_OBJECT_ROUTINE) {
        mig_buf_add(&text, name, strcspn(name, "("));
        name = keep(u, &text);
    }
    if (name != NULL)
        know(u, name, NULL,
             object->kind == MIG_OBJECT_VIEW || object->kind == MIG_OBJECT_MATERIALIZED_VIEW ||
                 object->kind == MIG_OBJECT_PARTITION);
}

static bool
know_all(unqualifying *u)
{
    const mig_schema *schema = u->schema;

    u->names = calloc(schema->n_tables + schema->n_types + schema->n_objects + 1, sizeof *u->names);
    if (u->names == NULL)
        return false;
    for (size_t i = 0; i < schema->n_tables; i++)
        know(u, schema->tables[i].name, NULL, true);
    for (size_t i = 0; i < schema->n_types; i++)
        know_type(u, &schema->types[i]);
    for (size_t i = 0; i < schema->n_objects; i++)
        know_object(u, &schema->objects[i]);
    qsort(u->names, u->n_names, sizeof *u->names, compare_known);
    return !u->failed;
}

/* ---- tokens ------------------------------------------------------------------------------- */

static bool
is_name(const mig_token *token)
{
    return token->kind == MIG_TOKEN_NAME || token->kind == MIG_TOKEN_QUOTED;
}

static bool
is_keyword(const mig_token *token, const char *word)
{
    return token->kind == MIG_TOKEN_NAME && token->len == strlen(word) &&
           memcmp(token->text, word, token->len) == 0;
}

static bool
is_any(const mig_token *token, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_keyword(token, words[i]))
            return true;
    return false;
}

static bool
is_schema(const unqualifying *u, const char *name)
{
    for (size_t i = 0; i < u->n_schemas; i++)
        if (strcmp(u->schemas[i], name) == 0)
            return true;
    return false;
}

/* What schema.name means that begins with this token; *nextp is the name's token, and the lexer
 * stands behind it.  NULL if it is nothing known. */
static const known *
find_qualified(const unqualifying *u, mig_lexer *lexer, const mig_token *schema, mig_token *nextp)
{
    const known *found = NULL;
    mig_buf      name = MIG_BUF_INIT;

    mig__lex_next(lexer, nextp);
    if (!is_name(schema) || !mig__token_sign(nextp, "."))
        return NULL;
    mig__lex_next(lexer, nextp);
    if (!is_name(nextp))
        return NULL;
    mig__token_text(schema, &name);
    if (is_schema(u, mig_buf_text(&name))) {
        mig_buf_puts(&name, "_");
        mig__token_text(nextp, &name);
        found = find(u, mig_buf_text(&name));
    }
    mig_buf_fini(&name);
    return found;
}

/* ---- queries ------------------------------------------------------------------------------ */

static bool
in_from(const rewriting *r)
{
    return r->depth < 64 && (r->from >> r->depth & 1) != 0;
}

static void
set_from(rewriting *r, bool from)
{
    if (r->depth < 64)
        r->from = (r->from & ~(UINT64_C(1) << r->depth)) | (uint64_t)from << r->depth;
}

/* Behind what a table may stand in FROM. */
static bool
precedes_table(const mig_token *token)
{
    static const char *const words[] = {"FROM", "JOIN", "ONLY", "LATERAL"};

    return mig__token_sign(token, ",") || mig__token_sign(token, "(") ||
           is_any(token, words, sizeof words / sizeof words[0]);
}

/* Where FROM begins and ends. */
static void
step(rewriting *r, const mig_token *token)
{
    static const char *const ends[] = {"SELECT",    "ON",     "USING", "WHERE", "GROUP",
                                       "HAVING",    "WINDOW", "ORDER", "LIMIT", "OFFSET",
                                       "INTERSECT", "EXCEPT", "UNION"};

    if (mig__token_sign(token, "(")) {
        bool from = in_from(r) && precedes_table(&r->before);

        r->depth++;
        set_from(r, from);
    } else if (mig__token_sign(token, ")") && r->depth > 0) {
        r->depth--;
    } else if (is_keyword(token, "JOIN") ||
               (is_keyword(token, "FROM") && !is_keyword(&r->before, "DISTINCT"))) {
        set_from(r, true);
    } else if (is_any(token, ends, sizeof ends / sizeof ends[0])) {
        set_from(r, false);
    }
    r->before = *token;
}

/* Whether the token is what the table before it is called in the query. */
static bool
is_alias(const mig_token *token)
{
    char first = token->text[0];

    return token->kind == MIG_TOKEN_QUOTED ||
           (token->kind == MIG_TOKEN_NAME && !(first >= 'A' && first <= 'Z'));
}

/* ---- texts -------------------------------------------------------------------------------- */

static void
replace(rewriting *r, size_t start, size_t end, const char *text)
{
    mig_buf_add(&r->out, r->text + r->copied, start - r->copied);
    mig_buf_puts(&r->out, text);
    r->copied = end;
}

/* The schema, a point, a name; false if they are to stay. */
static bool
take_name(rewriting *r, const mig_token *schema)
{
    mig_lexer    ahead = r->lexer;
    mig_token    name, next;
    const known *found = find_qualified(r->u, &ahead, schema, &name);
    bool         table;

    if (found == NULL)
        return false;
    r->lexer = ahead;
    mig__lex_next(&ahead, &next);
    table = r->query && found->relation && in_from(r) && precedes_table(&r->before);
    if (table || !r->query || mig__token_sign(&r->before, "::") ||
        is_keyword(&r->before, "COLLATE") || mig__token_sign(&next, "("))
        replace(r, schema->start, name.start + name.len, found->spelled);
    if (table && !is_alias(&next)) {
        mig_buf_puts(&r->out, " ");
        mig_buf_add(&r->out, r->text + name.start, name.len);
    }
    r->before = name;
    return true;
}

/* 'schema.name'::regclass */
static void
take_string(rewriting *r, const mig_token *string)
{
    mig_lexer    ahead = r->lexer, inner;
    mig_token    next, schema, name;
    mig_buf      text = MIG_BUF_INIT, literal = MIG_BUF_INIT;
    const known *found;

    mig__lex_next(&ahead, &next);
    if (!mig__token_sign(&next, "::"))
        return;
    mig__lex_next(&ahead, &next);
    if (!mig__token_is(&next, "regclass"))
        return;
    mig__token_text(string, &text);
    mig__lex_init(&inner, MIG_DIALECT_POSTGRES, mig_buf_text(&text));
    mig__lex_next(&inner, &schema);
    found = find_qualified(r->u, &inner, &schema, &name);
    if (found != NULL) {
        mig_buf_literal(&literal, found->spelled);
        replace(r, string->start, string->start + string->len, mig_buf_text(&literal));
    }
    r->out.failed = r->out.failed || text.failed || literal.failed;
    mig_buf_fini(&text);
    mig_buf_fini(&literal);
}

static void
rewrite(unqualifying *u, const char **textp, bool query)
{
    rewriting r = {.u = u, .text = *textp, .query = query, .out = MIG_BUF_INIT};
    mig_token token;

    if (*textp == NULL)
        return;
    mig__lex_init(&r.lexer, MIG_DIALECT_POSTGRES, *textp);
    for (mig__lex_next(&r.lexer, &token); token.kind != MIG_TOKEN_END;
         mig__lex_next(&r.lexer, &token)) {
        if (is_name(&token) && take_name(&r, &token))
            continue;
        if (token.kind == MIG_TOKEN_STRING)
            take_string(&r, &token);
        step(&r, &token);
    }
    if (r.copied > 0) {
        replace(&r, strlen(*textp), strlen(*textp), "");
        *textp = keep(u, &r.out);
    }
    mig_buf_fini(&r.out);
}

static void
rewrite_all(unqualifying *u, const char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rewrite(u, &texts[i], false);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void
rewrite_table(unqualifying *u, mig_schema_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        rewrite(u, &table->columns[i].type, false);
        rewrite(u, &table->columns[i].default_value, false);
        rewrite(u, &table->columns[i].generated, false);
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        rewrite(u, &table->constraints[i].expression, false);
        rewrite(u, &table->constraints[i].definition, false);
    }
}

static void
rewrite_index(unqualifying *u, mig_index *index)
{
    for (size_t i = 0; i < index->n_parts; i++)
        rewrite(u, &index->parts[i].expression, false);
    rewrite(u, &index->where, false);
    rewrite(u, &index->definition, false);
}

static void
rewrite_type(unqualifying *u, mig_schema_type *type)
{
    rewrite(u, &type->base, false);
    rewrite(u, &type->default_value, false);
    rewrite(u, &type->definition, false);
    rewrite_all(u, type->checks, type->n_checks);
    if (type->kind == MIG_TYPE_COMPOSITE)
        rewrite_all(u, type->labels, type->n_labels);
}

bool
mig_schema_unqualify(mig_schema *schema, char *const *schemas, size_t n_schemas)
{
    unqualifying u = {.schema = schema, .schemas = schemas, .n_schemas = n_schemas};

    if (!know_all(&u)) {
        free(u.names);
        return false;
    }
    for (size_t i = 0; i < schema->n_tables; i++)
        rewrite_table(&u, &schema->tables[i]);
    for (size_t i = 0; i < schema->n_indexes; i++)
        rewrite_index(&u, &schema->indexes[i]);
    for (size_t i = 0; i < schema->n_types; i++)
        rewrite_type(&u, &schema->types[i]);
    for (size_t i = 0; i < schema->n_objects; i++) {
        rewrite(&u, &schema->objects[i].query, true);
        if (schema->objects[i].query != NULL)
            schema->objects[i].sql = schema->objects[i].query;
    }
    free(u.names);
    return !u.failed;
}
