/*
 * lex.c - cutting an SQL text into tokens.
 *
 * Each take_ function is called at the first byte of its token and returns the
 * token's length; *kind is set by then to what the token is if it is complete.
 * The text ends with a NUL, which is a member of no class of characters, so a
 * look at the next byte needs no test for the end.
 */
#include "lex.h"

#include <stdint.h>
#include <string.h>

/* ---- characters: of ASCII, whatever the locale ------------------------------------------- */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The digit's value in any base up to 16; 16 for what is none. */
static unsigned
digit_value(char c)
{
    char l = lower(c);

    if (is_digit(c))
        return (unsigned)(c - '0');
    return l >= 'a' && l <= 'f' ? (unsigned)(l - 'a') + 10 : 16;
}

static bool
begins_name(char c)
{
    char l = lower(c);

    return (l >= 'a' && l <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool
continues_name(char c)
{
    return begins_name(c) || is_digit(c) || c == '$';
}

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static size_t
name_len(const char *at)
{
    size_t n = 0;

    while (continues_name(at[n]))
        n++;
    return n;
}

/* ---- white space and comments ------------------------------------------------------------ */

/* Behind the comment that begins at `at`, or NULL if it is never closed.  PostgreSQL nests them. */
static const char *
skip_block_comment(const char *at, bool nests)
{
    unsigned depth = 0;

    while (*at != '\0') {
        if (at[0] == '/' && at[1] == '*' && (nests || depth == 0)) {
            depth++;
            at += 2;
        } else if (at[0] == '*' && at[1] == '/') {
            at += 2;
            if (--depth == 0)
                return at;
        } else {
            at++;
        }
    }
    return NULL;
}

/* False in front of a comment that is never closed, where that is an error. */
static bool
skip_space(mig_lexer *lexer)
{
    bool        postgres = lexer->dialect == MIG_DIALECT_POSTGRES;
    const char *at = lexer->text + lexer->at;

    for (;;) {
        if (is_one_of(*at, " \t\n\f\r") || (postgres && *at == '\v')) {
            at++;
        } else if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, postgres ? "\n\r" : "\n");
        } else if (at[0] == '/' && at[1] == '*' && (postgres || at[2] != '\0')) {
            const char *behind = skip_block_comment(at, postgres);

            /* SQLite takes the end of the text for the end of the comment. */
            if (behind == NULL && !postgres)
                behind = lexer->text + lexer->len;
            if (behind == NULL) {
                lexer->at = (size_t)(at - lexer->text);
                return false;
            }
            at = behind;
        } else {
            lexer->at = (size_t)(at - lexer->text);
            return true;
        }
    }
}

/* ---- what stands in quotes --------------------------------------------------------------- */

/* The quote stands at `at`; inside it is doubled. */
static size_t
take_quoted(const char *at, mig_token_kind *kind)
{
    char   quote = at[0];
    size_t n = 1;

    for (; at[n] != '\0'; n++) {
        if (at[n] != quote)
            continue;
        if (at[n + 1] != quote)
            return n + 1;
        n++;
    }
    *kind = MIG_TOKEN_BAD;
    return n;
}

static size_t
take_bracketed(const char *at, mig_token_kind *kind)
{
    const char *end = strchr(at, ']');

    if (end != NULL)
        return (size_t)(end - at) + 1;
    *kind = MIG_TOKEN_BAD;
    return strlen(at);
}

/* One escape of PostgreSQL's E'...'. */
typedef struct escape {
    size_t   len; /* backslash included; 0: it is none */
    uint32_t value;
    bool     code_point; /* else a byte */
} escape;

static escape
numbered_escape(const char *at, size_t skip, unsigned base, size_t min, size_t max)
{
    escape e = {.code_point = base == 16 && max > 2};
    size_t n = 0;

    while (n < max && digit_value(at[skip + n]) < base) {
        e.value = e.value * base + digit_value(at[skip + n]);
        n++;
    }
    if (n < min || e.value == 0 || e.value > 0x10ffff || (e.value >= 0xd800 && e.value < 0xe000))
        return e;
    e.len = skip + n;
    return e;
}

static escape
read_escape(const char *at)
{
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    escape            e = {2, (unsigned char)at[1], false};

    if (at[1] == '\0')
        return (escape){0};
    if (at[1] == 'u')
        return numbered_escape(at, 2, 16, 4, 4);
    if (at[1] == 'U')
        return numbered_escape(at, 2, 16, 8, 8);
    if (at[1] == 'x' && digit_value(at[2]) < 16)
        return numbered_escape(at, 2, 16, 1, 2);
    if (digit_value(at[1]) < 8)
        return numbered_escape(at, 1, 8, 1, 3);
    if (is_one_of(at[1], letters))
        e.value = (unsigned char)values[strchr(letters, at[1]) - letters];
    return e;
}

/* E'...', from the E on. */
static size_t
take_escaped(const char *at, mig_token_kind *kind)
{
    size_t n = 2;

    while (at[n] != '\0') {
        size_t step = 1;

        if (at[n] == '\\') {
            step = read_escape(at + n).len;
            if (step == 0)
                break;
        } else if (at[n] == '\'') {
            if (at[n + 1] != '\'')
                return n + 1;
            step = 2;
        }
        n += step;
    }
    *kind = MIG_TOKEN_BAD;
    return strlen(at);
}

/* Bytes of the $tag$ at `at`, or 0. */
static size_t
dollar_tag(const char *at)
{
    size_t n = 1;

    if (begins_name(at[n]))
        while (begins_name(at[n]) || is_digit(at[n]))
            n++;
    return at[n] == '$' ? n + 1 : 0;
}

static size_t
take_dollar_quoted(const char *at, size_t tag, mig_token_kind *kind)
{
    size_t n = tag;

    for (; at[n] != '\0'; n++)
        if (at[n] == '$' && strncmp(at + n, at, tag) == 0)
            return n + tag;
    *kind = MIG_TOKEN_BAD;
    return n;
}

/* x'...' and the like, from the letter on.  `bytes`: only whole bytes count. */
static size_t
take_digits(const char *at, unsigned base, bool bytes, mig_token_kind *kind)
{
    size_t n = 2;

    while (digit_value(at[n]) < base)
        n++;
    if (at[n] == '\'' && !(bytes && n % 2 != 0))
        return n + 1;
    *kind = MIG_TOKEN_BAD;
    n += strcspn(at + n, "'");
    return at[n] == '\'' ? n + 1 : n;
}

/* ---- words, numbers, signs --------------------------------------------------------------- */

/* Digits, with single underscores between them. */
static size_t
digits_len(const char *at, unsigned base)
{
    size_t n = 0;

    while (digit_value(at[n]) < base || (n > 0 && at[n] == '_' && digit_value(at[n + 1]) < base))
        n++;
    return n;
}

static size_t
take_number(mig_dialect dialect, const char *at, mig_token_kind *kind)
{
    char     second = lower(at[1]);
    unsigned base = 0;
    size_t   n = 0;

    if (at[0] == '0' && second == 'x')
        base = 16;
    if (dialect == MIG_DIALECT_POSTGRES && at[0] == '0' && (second == 'o' || second == 'b'))
        base = second == 'o' ? 8 : 2;
    if (base != 0 && digit_value(at[2]) < base) {
        n = 2 + digits_len(at + 2, base);
    } else {
        n = digits_len(at, 10);
        if (at[n] == '.')
            n += 1 + digits_len(at + n + 1, 10);
        if (lower(at[n]) == 'e') {
            size_t sign = is_one_of(at[n + 1], "+-") ? 1 : 0;

            if (is_digit(at[n + 1 + sign]))
                n += 1 + sign + digits_len(at + n + 1 + sign, 10);
        }
    }
    if (continues_name(at[n])) {
        *kind = MIG_TOKEN_BAD;
        n += name_len(at + n);
    }
    return n;
}

/* A word, or what only begins with a letter. */
static size_t
take_word(mig_dialect dialect, const char *at, mig_token_kind *kind)
{
    char first = lower(at[0]);

    if (dialect == MIG_DIALECT_SQLITE) {
        if (first != 'x' || at[1] != '\'')
            return name_len(at);
        *kind = MIG_TOKEN_BLOB;
        return take_digits(at, 16, true, kind);
    }
    if ((first == 'b' || first == 'x') && at[1] == '\'') {
        *kind = MIG_TOKEN_BITS;
        return take_digits(at, first == 'b' ? 2 : 16, false, kind);
    }
    if (first == 'e' && at[1] == '\'') {
        *kind = MIG_TOKEN_STRING;
        return take_escaped(at, kind);
    }
    if (first == 'n' && at[1] == '\'') {
        *kind = MIG_TOKEN_BAD;
        return 1 + take_quoted(at + 1, kind);
    }
    if (first == 'u' && at[1] == '&' && is_one_of(at[2], "'\"")) {
        *kind = MIG_TOKEN_BAD;
        return 2 + take_quoted(at + 2, kind);
    }
    return name_len(at);
}

/* SQLite's operators, longer ones first. */
static size_t
sqlite_operator(const char *at)
{
    static const char *const operators[] = {
        "->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "==", "=",
        "<",   ">",  "+",  "-",  "*",  "/",  "%",  "&",  "|",  "~"};

    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strncmp(at, operators[i], strlen(operators[i])) == 0)
            return strlen(operators[i]);
    return 0;
}

/*
 * PostgreSQL's: users may make others of the same signs.  A comment ends an operator, and one of
 * several signs ends in + or - only if it has a sign in it that no operator of standard SQL has.
 */
static size_t
postgres_operator(const char *at)
{
    static const char usual[] = "+-*/<>=", other[] = "~!@#%^&|`?";
    bool              has_other = false;
    size_t            n = 0;

    if (at[0] == ':')
        return at[1] == ':' || at[1] == '=' ? 2 : 1;
    while (is_one_of(at[n], usual) || is_one_of(at[n], other)) {
        if ((at[n] == '-' && at[n + 1] == '-') || (at[n] == '/' && at[n + 1] == '*'))
            break;
        has_other = has_other || is_one_of(at[n], other);
        n++;
    }
    while (n > 1 && !has_other && is_one_of(at[n - 1], "+-"))
        n--;
    return n;
}

/* SQLite's parameters, those of its Tcl binding left out; 0 if it is none. */
static size_t
sqlite_parameter(const char *at)
{
    size_t n = 1;

    if (at[0] == '?') {
        while (is_digit(at[n]))
            n++;
        return n;
    }
    if (!is_one_of(at[0], ":@#$"))
        return 0;
    n += name_len(at + 1);
    return n > 1 ? n : 0;
}

static size_t
take_sign(mig_dialect dialect, const char *at, mig_token_kind *kind)
{
    bool   postgres = dialect == MIG_DIALECT_POSTGRES;
    size_t n;

    *kind = MIG_TOKEN_PUNCT;
    if (is_one_of(at[0], "(),;.") || (postgres && is_one_of(at[0], "[]")))
        return 1;
    *kind = MIG_TOKEN_PARAMETER;
    n = postgres ? 0 : sqlite_parameter(at);
    if (postgres && at[0] == '$' && is_digit(at[1])) {
        n = 1 + digits_len(at + 1, 10);
        if (continues_name(at[n]))
            *kind = MIG_TOKEN_BAD;
    }
    if (n > 0)
        return n;
    *kind = MIG_TOKEN_OPERATOR;
    n = postgres ? postgres_operator(at) : sqlite_operator(at);
    if (n > 0)
        return n;
    *kind = MIG_TOKEN_BAD;
    return 1;
}

static size_t
take(mig_dialect dialect, const char *at, mig_token_kind *kind)
{
    bool   postgres = dialect == MIG_DIALECT_POSTGRES;
    size_t tag = postgres && at[0] == '$' ? dollar_tag(at) : 0;

    if (at[0] == '\'' || tag > 0) {
        *kind = MIG_TOKEN_STRING;
        return tag > 0 ? take_dollar_quoted(at, tag, kind) : take_quoted(at, kind);
    }
    if (at[0] == '"' || (!postgres && is_one_of(at[0], "`["))) {
        *kind = MIG_TOKEN_QUOTED;
        return at[0] == '[' ? take_bracketed(at, kind) : take_quoted(at, kind);
    }
    if (is_digit(at[0]) || (at[0] == '.' && is_digit(at[1]))) {
        *kind = MIG_TOKEN_NUMBER;
        return take_number(dialect, at, kind);
    }
    if (begins_name(at[0])) {
        *kind = MIG_TOKEN_NAME;
        return take_word(dialect, at, kind);
    }
    return take_sign(dialect, at, kind);
}

void
mig__lex_init(mig_lexer *lexer, mig_dialect dialect, const char *text)
{
    *lexer = (mig_lexer){.dialect = dialect, .text = text, .len = strlen(text)};
}

void
mig__lex_next(mig_lexer *lexer, mig_token *token)
{
    bool closed = skip_space(lexer);

    *token = (mig_token){.kind = MIG_TOKEN_END,
                         .dialect = lexer->dialect,
                         .text = lexer->text + lexer->at,
                         .start = lexer->at};
    if (!closed) {
        token->kind = MIG_TOKEN_BAD;
        token->len = lexer->len - lexer->at;
    } else if (token->text[0] != '\0') {
        token->len = take(lexer->dialect, token->text, &token->kind);
    }
    lexer->at += token->len;
}

/* ---- what a token stands for ------------------------------------------------------------- */

bool
mig__token_is(const mig_token *token, const char *word)
{
    if (token->kind != MIG_TOKEN_NAME || strlen(word) != token->len)
        return false;
    for (size_t i = 0; i < token->len; i++)
        if (lower(token->text[i]) != lower(word[i]))
            return false;
    return true;
}

bool
mig__token_sign(const mig_token *token, const char *sign)
{
    return (token->kind == MIG_TOKEN_OPERATOR || token->kind == MIG_TOKEN_PUNCT) &&
           strlen(sign) == token->len && memcmp(token->text, sign, token->len) == 0;
}

static void
add_code_point(mig_buf *out, uint32_t value)
{
    char   bytes[4];
    size_t n = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; value >>= 6)
        bytes[i] = (char)(0x80 | (value & 0x3f));
    bytes[0] = (char)(n == 1 ? value : (0xf00u >> n & 0xff) | value);
    mig_buf_add(out, bytes, n);
}

/* What stands between two quotes, without its doubled quotes and, if `escapes`, its escapes. */
static void
add_unquoted(mig_buf *out, const char *at, const char *end, char quote, bool escapes)
{
    while (at < end) {
        escape e = {1, (unsigned char)*at, false};

        if (escapes && *at == '\\')
            e = read_escape(at);
        else if (*at == quote)
            e.len = 2;
        if (e.code_point) {
            add_code_point(out, e.value);
        } else {
            char byte = (char)e.value;

            mig_buf_add(out, &byte, 1);
        }
        at += e.len;
    }
}

void
mig__token_text(const mig_token *token, mig_buf *out)
{
    const char *at = token->text, *end = at + token->len;

    switch (token->kind) {
    case MIG_TOKEN_STRING:
        if (at[0] == '$') {
            size_t tag = dollar_tag(at);

            mig_buf_add(out, at + tag, token->len - 2 * tag);
        } else if (at[0] == '\'') {
            add_unquoted(out, at + 1, end - 1, '\'', false);
        } else {
            add_unquoted(out, at + 2, end - 1, '\'', true);
        }
        break;
    case MIG_TOKEN_QUOTED:
        if (at[0] == '[')
            mig_buf_add(out, at + 1, token->len - 2);
        else
            add_unquoted(out, at + 1, end - 1, at[0], false);
        break;
    case MIG_TOKEN_BLOB:
    case MIG_TOKEN_BITS:
        mig_buf_add(out, at + 2, token->len - 3);
        break;
    case MIG_TOKEN_NAME:
        for (; at < end; at++) {
            char c = token->dialect == MIG_DIALECT_POSTGRES ? lower(*at) : *at;

            mig_buf_add(out, &c, 1);
        }
        break;
    case MIG_TOKEN_END:
    case MIG_TOKEN_NUMBER:
    case MIG_TOKEN_PARAMETER:
    case MIG_TOKEN_OPERATOR:
    case MIG_TOKEN_PUNCT:
    case MIG_TOKEN_BAD:
        mig_buf_add(out, at, token->len);
        break;
    }
}
