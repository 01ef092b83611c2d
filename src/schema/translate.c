/*
 * translate.c - the two entries of translating.
 *
 * The text is parsed in its own dialect and translated by the direction's
 * functions; where it goes and what it is used for decide about the last step:
 * a condition, a value of a column, or a value as it is.
 */
#include "mig/translate.h"

#include <string.h>

#include "translate_query.h"
#include "translating_sqlite.h"

/* ---- SQLite to PostgreSQL ---------------------------------------------------------------------
 */

static bool
default_to_postgres(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    bool done;

    if (!mig__pg_default_time(tr, node, out, &done))
        return false;
    if (!done && !mig__pg_random(tr, node, out, &done))
        return false;
    if (!done && !mig__pg_value(tr, node, out))
        return false;
    return mig__pg_store(tr, out, out);
}

static bool
to_postgres(mig__translating *tr, const mig__node *node, const char **textp)
{
    mig__piece piece;

    /* The affinity of a generated column makes numbers of some texts. */
    if (tr->use == MIG_TRANSLATE_GENERATED && tr->of != NULL && mig__pg_is_mixed(tr->of))
        return mig__refuse(tr, "its values are of several storage classes");
    switch (tr->use) {
    case MIG_TRANSLATE_CHECK:
    case MIG_TRANSLATE_WHERE:
        return mig__pg_condition(tr, node, textp);
    case MIG_TRANSLATE_INDEX:
    case MIG_TRANSLATE_GENERATED:
        if (!mig__pg_value(tr, node, &piece) || !mig__pg_store(tr, &piece, &piece))
            return false;
        if (tr->translation->textp != NULL)
            *tr->translation->textp = piece.kind == MIG_KIND_TEXT;
        break;
    case MIG_TRANSLATE_DEFAULT:
        if (!default_to_postgres(tr, node, &piece))
            return false;
        break;
    }
    *textp = piece.text;
    return true;
}

/* ---- PostgreSQL to SQLite ---------------------------------------------------------------------
 */

static bool
to_sqlite(mig__translating *tr, const mig__node *node, const char **textp)
{
    mig__piece piece;

    switch (tr->use) {
    case MIG_TRANSLATE_CHECK:
    case MIG_TRANSLATE_WHERE:
        return mig__sqlite_condition(tr, node, textp);
    case MIG_TRANSLATE_INDEX:
    case MIG_TRANSLATE_GENERATED:
        if (!mig__sqlite_value(tr, node, &piece) || !mig__sqlite_store(tr, &piece, &piece))
            return false;
        break;
    case MIG_TRANSLATE_DEFAULT:
        if (!mig__sqlite_default(tr, node, &piece))
            return false;
        break;
    }
    *textp = piece.text;
    return true;
}

/* ---- entries ------------------------------------------------------------------------------------
 */

/* Ends a translation: its text and notes, or the reason why there is none. */
static mig_status
deliver(mig__translating *tr, const char *text, mig_buf *out, mig_buf *why, bool *donep,
        mig_error *err)
{
    *donep = false;
    if (tr->arena->failed || tr->why->failed || tr->notes->failed)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a translation");
    if (text == NULL) {
        mig_buf_puts(why, tr->why->len > 0 ? mig_buf_text(tr->why) : "it has no equivalent");
        return mig_buf_check(why, err);
    }
    *donep = true;
    mig_buf_puts(out, text);
    if (tr->notes->len > 0)
        mig_buf_puts(why, mig_buf_text(tr->notes));
    if (why->failed)
        return mig_buf_check(why, err);
    return mig_buf_check(out, err);
}

mig_status
mig_translate_expression(const mig_translation *translation, const char *expression,
                         mig_translate_use use, const mig_translated_column *of, mig_buf *out,
                         mig_buf *why, bool *donep, mig_error *err)
{
    mig__arena       arena = {0};
    mig_buf          reason = MIG_BUF_INIT, notes = MIG_BUF_INIT;
    const char      *text = NULL;
    mig__translating tr = {.translation = translation,
                           .use = use,
                           .of = of,
                           .arena = &arena,
                           .why = &reason,
                           .notes = &notes};
    const mig__node *node =
        mig__sql_parse_expression(&arena, translation->from, expression, &reason);
    mig_status st;

    if (node != NULL &&
        !(translation->to == MIG_DIALECT_POSTGRES ? to_postgres : to_sqlite)(&tr, node, &text))
        text = NULL;
    st = deliver(&tr, text, out, why, donep, err);
    mig_buf_fini(&reason);
    mig_buf_fini(&notes);
    mig__arena_fini(&arena);
    return st;
}

mig_status
mig_translate_query(const mig_translation *translation, const char *query, mig_buf *out,
                    mig_buf *why, bool *donep, mig_error *err)
{
    mig__arena        arena = {0};
    mig_buf           reason = MIG_BUF_INIT, notes = MIG_BUF_INIT;
    mig__query_result result = {.text = NULL};
    mig__translating  tr = {.translation = translation,
                            .query = true,
                            .arena = &arena,
                            .why = &reason,
                            .notes = &notes};
    const mig__query *tree = mig__sql_parse_query(&arena, translation->from, query, &reason);
    mig_status        st;

    if (tree != NULL && !mig__query_translate(&tr, tree, &result))
        result.text = NULL;
    st = deliver(&tr, result.text, out, why, donep, err);
    mig_buf_fini(&reason);
    mig_buf_fini(&notes);
    mig__arena_fini(&arena);
    return st;
}
