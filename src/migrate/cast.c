/*
 * cast.c - what a user says of one column: --cast TABLE.COLUMN=TYPE[:RULE[+RULE...]].
 *
 * Pure.
 */
#include "cast.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mig/glob.h"

/* ---- parsing ------------------------------------------------------------------------------ */

/*
 * A name up to one of the characters in `ends`, or in double quotes; false if it is empty or its
 * quotes do not end.  *literalp: it was quoted, so that * and ? in it mean themselves.
 */
static bool
take_name(const char **atp, const char *ends, char **namep, bool *literalp)
{
    const char *at = *atp;
    mig_buf     name = MIG_BUF_INIT;

    *literalp = *at == '"';
    if (*literalp) {
        for (at++; *at != '\0' && !(*at == '"' && at[1] != '"'); at++) {
            at += *at == '"'; /* doubled */
            mig_buf_add(&name, at, 1);
        }
        if (*at == '\0') {
            mig_buf_fini(&name);
            return false;
        }
        at++;
    } else {
        size_t len = strcspn(at, ends);

        mig_buf_add(&name, at, len);
        at += len;
    }
    *atp = at;
    *namep = name.data;
    return name.len > 0 && !name.failed;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* One rule or unit; false for a word that is none. */
static bool
take_rule(const char *text, size_t len, mig_cast *cast)
{
    static const struct {
        const char *word;
        unsigned    rule;
    } rules[] = {
#define RULE_WORD(name, word, meaning) {word, MIG_RULE_##name},
        MIG_RULE_MAP(RULE_WORD)
#undef RULE_WORD
    };
    static const struct {
        const char *word;
        mig_unit    unit;
    } units[] = {{"s", MIG_UNIT_S},
                 {"ms", MIG_UNIT_MS},
                 {"us", MIG_UNIT_US},
                 {"ns", MIG_UNIT_NS},
                 {"julian", MIG_UNIT_JULIAN}};

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (is_word(text, len, rules[i].word)) {
            cast->rules |= rules[i].rule;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (is_word(text, len, units[i].word)) {
            cast->unit = units[i].unit;
            return true;
        }
    }
    return false;
}

static mig_status
malformed(mig_error *err)
{
    mig_raise(err, MIG_E_USAGE, "--cast must be TABLE.COLUMN=TYPE[:RULE[+RULE...]]");
    mig_error_hint(err, "for example --cast events.at=timestamptz:ms or --cast "
                        "'notes.*=text:strip-nul+replace'; names with . or = in them go in double "
                        "quotes");
    return MIG_E_USAGE;
}

static mig_status
unknown_rule(const char *text, size_t len, mig_error *err)
{
    mig_buf known = MIG_BUF_INIT;

#define RULE_NAME(name, word, meaning) mig_buf_puts(&known, word ", ");
    MIG_RULE_MAP(RULE_NAME)
#undef RULE_NAME
    mig_raise(err, MIG_E_USAGE, "--cast: unknown rule %.*s", (int)(len > 40 ? 40 : len), text);
    mig_error_hint(err, "rules are %sand the units s, ms, us, ns, julian", mig_buf_text(&known));
    mig_buf_fini(&known);
    return MIG_E_USAGE;
}

mig_status
mig_cast_parse(const char *text, mig_cast *cast, mig_error *err)
{
    mig_status  st = MIG_OK;
    const char *at = text;
    bool        literal;

    *cast = (mig_cast){0};
    if (!take_name(&at, ".=:", &cast->table, &cast->table_literal) || *at++ != '.' ||
        !take_name(&at, "=:", &cast->column, &cast->column_literal) || *at++ != '=' ||
        !take_name(&at, ":", &cast->type, &literal)) {
        st = malformed(err);
        goto done;
    }
    if (*at != '\0' && *at != ':') { /* behind a type in quotes */
        st = malformed(err);
        goto done;
    }
    while (*at != '\0') {
        size_t len = strcspn(++at, "+:,");

        if (!take_rule(at, len, cast)) {
            st = unknown_rule(at, len, err);
            goto done;
        }
        at += len;
    }
done:
    if (st != MIG_OK)
        mig_cast_fini(cast);
    return st;
}

void
mig_cast_fini(mig_cast *cast)
{
    free(cast->table);
    free(cast->column);
    free(cast->type);
    *cast = (mig_cast){0};
}

/* ---- matching ----------------------------------------------------------------------------- */

static bool
matches(const char *pattern, bool literal, const char *name)
{
    if (literal || strpbrk(pattern, "*?[") == NULL)
        return strcmp(pattern, name) == 0;
    return mig_glob_match(pattern, strlen(pattern), name);
}

bool
mig_cast_matches(const mig_cast *cast, const char *table, const char *column)
{
    return matches(cast->table, cast->table_literal, table) &&
           matches(cast->column, cast->column_literal, column);
}

/* ---- types -------------------------------------------------------------------------------- */

/* Other names of PostgreSQL's types (PostgreSQL manual, "Data Types", 8.1, and psql's own). */
static const struct {
    const char   *name;
    mig_wire_type wire;
} aliases[] = {{"bool", MIG_WIRE_BOOL},
               {"int2", MIG_WIRE_INT2},
               {"int", MIG_WIRE_INT4},
               {"int4", MIG_WIRE_INT4},
               {"int8", MIG_WIRE_INT8},
               {"float4", MIG_WIRE_FLOAT4},
               {"float", MIG_WIRE_FLOAT8},
               {"float8", MIG_WIRE_FLOAT8},
               {"decimal", MIG_WIRE_NUMERIC},
               {"varchar", MIG_WIRE_TEXT},
               {"character varying", MIG_WIRE_TEXT},
               {"char", MIG_WIRE_BPCHAR},
               {"bpchar", MIG_WIRE_BPCHAR},
               {"time", MIG_WIRE_TIME},
               {"timetz", MIG_WIRE_TIMETZ},
               {"timestamp", MIG_WIRE_TIMESTAMP},
               {"timestamptz", MIG_WIRE_TIMESTAMPTZ},
               {"varbit", MIG_WIRE_VARBIT}};

bool
mig__cast_is_type(const char *type, const mig_column *column)
{
    size_t len = strcspn(column->type, "(");

    if (strcasecmp(type, column->type) == 0 || strcasecmp(type, mig_wire_name(column->wire)) == 0)
        return true;
    if (strlen(type) == len && strncasecmp(type, column->type, len) == 0)
        return true;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcasecmp(type, aliases[i].name) == 0)
            return aliases[i].wire == column->wire;
    return false;
}

bool
mig__cast_store(const char *type, mig_store *storep)
{
    static const struct {
        const char *name;
        mig_store   store;
    } stores[] = {{"any", MIG_STORE_USUAL},
                  {"text", MIG_STORE_TEXT},
                  {"blob", MIG_STORE_BLOB},
                  {"integer", MIG_STORE_INTEGER},
                  {"real", MIG_STORE_REAL}};

    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        if (strcasecmp(type, stores[i].name) == 0) {
            *storep = stores[i].store;
            return true;
        }
    }
    return false;
}
