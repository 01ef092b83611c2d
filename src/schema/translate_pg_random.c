/*
 * translate_pg_random.c - the random texts that defaults make.
 *
 * SQLite has no function for UUIDs, so schemas put them together from
 * hex(randomblob()), in many ways.  What is recognised is the shape of the text
 * that comes out: per character a digit of chance, or that character itself.  A
 * shape that gen_random_uuid() has is made by it.
 *
 * Source: SQLite, "Built-In Scalar SQL Functions".
 */
#include <stdlib.h>
#include <string.h>

#include "translating.h"

/* In a shape: any hexadecimal digit; one of the variant's (8, 9, a, b). */
#define DIGIT   '?'
#define VARIANT '!'

#define LONGEST 64

typedef struct shape {
    char   text[LONGEST + 1];
    size_t len;
    bool   random;
    bool   lower; /* else upper case, as hex() writes */
} shape;

static bool read_shape(const mig__node *node, shape *s);

static bool
put(shape *s, char c, size_t n)
{
    if (s->len + n > LONGEST)
        return false;
    memset(s->text + s->len, c, n);
    s->len += n;
    s->text[s->len] = '\0';
    return true;
}

static bool
is_call(const mig__node *node, const char *name, size_t n_args)
{
    return node->kind == MIG_NODE_CALL && strcmp(node->text, name) == 0 && node->n_args == n_args;
}

static bool
small_number(const mig__node *node, size_t *np)
{
    int64_t value;

    if (node->kind != MIG_NODE_NUMBER || !mig__is_integer(node->text, &value) || value < 0 ||
        value > LONGEST)
        return false;
    *np = (size_t)value;
    return true;
}

/* hex(randomblob(n)) */
static bool
read_hex(const mig__node *node, shape *s)
{
    size_t n;

    if (!is_call(node->args[0], "randomblob", 1) || !small_number(node->args[0]->args[0], &n) ||
        n == 0)
        return false;
    s->random = true;
    return put(s, DIGIT, n * 2);
}

/* Whether random() is all that the number hangs on: abs(random()) % 4 + 1 and its like. */
static bool
is_chance(const mig__node *node)
{
    bool chance = false;

    if (is_call(node, "random", 0))
        return true;
    for (size_t i = 0; i < node->n_args; i++) {
        if (node->args[i]->kind != MIG_NODE_NUMBER && !is_chance(node->args[i]))
            return false;
        chance = chance || node->args[i]->kind != MIG_NODE_NUMBER;
    }
    return chance && (node->kind == MIG_NODE_BINARY || node->kind == MIG_NODE_UNARY ||
                      is_call(node, "abs", 1));
}

/* substr(shape, n[, m]), and substr('89ab', chance, 1). */
static bool
read_substr(const mig__node *node, shape *s)
{
    const mig__node *text = node->args[0];
    shape            whole = {.len = 0};
    size_t           from, n = LONGEST;

    if (node->n_args == 3 && !small_number(node->args[2], &n))
        return false;
    if (text->kind == MIG_NODE_STRING && mig__same_word(text->text, "89ab") && n == 1 &&
        is_chance(node->args[1])) {
        s->random = true;
        return put(s, VARIANT, 1);
    }
    if (!small_number(node->args[1], &from) || from == 0 || !read_shape(text, &whole) ||
        from > whole.len)
        return false;
    s->random = s->random || whole.random;
    for (size_t i = from - 1; i < whole.len && i < from - 1 + n; i++)
        if (!put(s, whole.text[i], 1))
            return false;
    return true;
}

static bool
read_shape(const mig__node *node, shape *s)
{
    if (node->kind == MIG_NODE_STRING) {
        for (const char *c = node->text; *c != '\0'; c++)
            if (*c == DIGIT || *c == VARIANT || !put(s, *c, 1))
                return false;
        return true;
    }
    if (node->kind == MIG_NODE_BINARY && strcmp(node->text, "||") == 0)
        return read_shape(node->args[0], s) && read_shape(node->args[1], s);
    if (is_call(node, "hex", 1))
        return read_hex(node, s);
    if (is_call(node, "lower", 1) || is_call(node, "upper", 1)) {
        s->lower = strcmp(node->text, "lower") == 0;
        return read_shape(node->args[0], s);
    }
    return (is_call(node, "substr", 2) || is_call(node, "substr", 3)) && read_substr(node, s);
}

/* A shape of digits alone is cut from that of as many uuids as it takes. */
static bool
digits_alone(const shape *s)
{
    return strspn(s->text, "?") == s->len && s->len > 0;
}

static const char *
random_digits(mig__translating *tr, size_t len)
{
    const char *text = NULL;

    for (size_t n = 0; n < len; n += 32) {
        const char *one = "replace(gen_random_uuid()::text, '-', '')";

        if (len - n < 32)
            one = mig__say(tr, "left(%s, %zu)", one, len - n);
        text = text == NULL ? one : mig__say(tr, "%s || %s", text, one);
    }
    /* Its 13th digit is always 4, and the 17th one of four. */
    if (len > 12)
        mig__note(tr, "some of the random digits are those that mark a uuid of version 4");
    return text;
}

/* randomblob(16) by itself. */
static bool
random_blob(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    size_t n;

    if (!small_number(node->args[0], &n) || n != 16)
        return mig__refuse(tr, "randomblob() of other than 16 bytes");
    mig__note(tr, "six of the random bits are those that mark a uuid of version 4");
    *out = mig__kind_of(tr->of->wire) == MIG_KIND_UUID
               ? mig__tight_piece(MIG_KIND_UUID, "gen_random_uuid()")
               : mig__tight_piece(MIG_KIND_BLOB, "uuid_send(gen_random_uuid())");
    return true;
}

static bool
make_shape(mig__translating *tr, const shape *s, mig__piece *out)
{
    bool uuid =
        strcmp(s->text, "\?\?\?\?\?\?\?\?-\?\?\?\?-4\?\?\?-!\?\?\?-\?\?\?\?\?\?\?\?\?\?\?\?") ==
            0 ||
        strcmp(s->text, "\?\?\?\?\?\?\?\?-\?\?\?\?-4\?\?\?-\?\?\?\?-\?\?\?\?\?\?\?\?\?\?\?\?") ==
            0 ||
        strcmp(s->text, "\?\?\?\?\?\?\?\?-\?\?\?\?-\?\?\?\?-\?\?\?\?-\?\?\?\?\?\?\?\?\?\?\?\?") ==
            0;
    bool short_uuid = digits_alone(s) && s->len == 32;

    if (mig__kind_of(tr->of->wire) == MIG_KIND_UUID && (uuid || short_uuid)) {
        *out = mig__tight_piece(MIG_KIND_UUID, "gen_random_uuid()");
        return true;
    }
    if (!uuid && !digits_alone(s))
        return mig__refuse(tr, "a random text of another shape than a uuid's");
    *out = mig__tight_piece(MIG_KIND_TEXT,
                            uuid ? "gen_random_uuid()::text" : random_digits(tr, s->len));
    if (!s->lower)
        out->text = mig__say(tr, "upper(%s)", out->text);
    else if (s->len > 32 && !uuid)
        out->hold = MIG_HOLD_LOOSE;
    return true;
}

bool
mig__pg_random(mig__translating *tr, const mig__node *node, mig__piece *out, bool *donep)
{
    shape s = {.len = 0};

    *donep = tr->of != NULL;
    if (tr->of == NULL)
        return true;
    if (is_call(node, "randomblob", 1))
        return random_blob(tr, node, out);
    if (read_shape(node, &s) && s.random)
        return make_shape(tr, &s, out);
    *donep = is_call(node, "random", 0);
    if (*donep) {
        *out = mig__loose_piece(MIG_KIND_INTEGER, MIG_PG_RANDOM);
        out->wide = true;
    }
    return true;
}
