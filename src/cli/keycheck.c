/*
 * keycheck.c - trying the master key on the source before the target is
 * touched.
 *
 * The order matters: the token tells a wrong key at once and in the plainest
 * words; the data keys have to be open before v3 values can be.
 */
#include "keycheck.h"

#include <string.h>

#include "mig/buf.h"
#include "mig/uptrakit.h"

/* What a lookup callback works on; its status is the first failure. */
typedef struct probe {
    mig_master_key *key;
    const char     *place; /* what is being checked, in words */
    const char     *aad;
    unsigned        tried; /* forms seen: a bit each */
    mig_status      st;
    mig_error      *err;
} probe;

/* A setting is a JSON string: the value stands in quotes, and sealed values need no escapes. */
static void
unquote(const char **textp, size_t *lenp)
{
    if (*lenp >= 2 && (*textp)[0] == '"' && (*textp)[*lenp - 1] == '"') {
        *textp += 1;
        *lenp -= 2;
    }
}

static bool
try_value(probe *p, const char *text, size_t len)
{
    mig_secret_form form = mig_secret_form_of(text, len);

    if (form == MIG_SECRET_PLAIN || (p->tried & (1u << form)) != 0)
        return true;
    p->tried |= 1u << form;
    p->st = mig_secret_check(p->key, text, len, p->aad, p->err);
    if (p->st != MIG_OK)
        mig_error_context(p->err, "%s", p->place);
    return p->st == MIG_OK;
}

static bool
try_column(void *arg, const char *const *texts, const size_t *lens)
{
    return texts[0] == NULL || try_value(arg, texts[0], lens[0]);
}

static bool
try_data_key(void *arg, const char *const *texts, const size_t *lens)
{
    probe           *p = arg;
    mig_data_key_row row = {texts[0], texts[1], texts[2]};

    (void)lens;
    if (texts[0] == NULL || texts[1] == NULL || texts[2] == NULL)
        p->st = mig_raise(p->err, MIG_E_KEY, "a row of data_encryption_keys is not complete");
    else
        p->st = mig_master_key_add_data_key(p->key, &row, p->err);
    return p->st == MIG_OK;
}

/* A row of settings or global_settings: key and value. */
static bool
try_token(void *arg, const char *const *texts, const size_t *lens)
{
    probe      *p = arg;
    const char *value = texts[1];
    size_t      len = lens[1];

    if (texts[0] == NULL || value == NULL || strcmp(texts[0], MIG_UPTRAKIT_TOKEN_KEY) != 0)
        return true;
    unquote(&value, &len);
    if (mig_secret_form_of(value, len) != MIG_SECRET_PLAIN)
        p->st = mig_master_key_check_token(p->key, value, len, p->err);
    return p->st == MIG_OK;
}

static bool
try_setting(void *arg, const char *const *texts, const size_t *lens)
{
    probe                      *p = arg;
    size_t                      n = 0;
    const mig_uptrakit_setting *settings = mig_uptrakit_secret_settings(&n);
    const char                 *value = texts[1];
    size_t                      len = lens[1];

    if (texts[0] == NULL || value == NULL || strcmp(texts[0], MIG_UPTRAKIT_TOKEN_KEY) == 0)
        return true;
    unquote(&value, &len);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(texts[0], settings[i].key) != 0)
            continue;
        p->aad = settings[i].place;
        p->place = settings[i].key;
        p->tried = 0; /* Each setting is a place of its own. */
        return try_value(p, value, len);
    }
    return true;
}

/* Calls fn with the columns of every row; a table or column that is not there is no row. */
static mig_status
each_row(mig_source *source, const mig_catalog *catalog, const char *table_name,
         const char *const *columns, size_t n_columns, mig_lookup_fn *fn, probe *p)
{
    const mig_table *table = mig_catalog_find(catalog, table_name);
    mig_status       st;

    if (table == NULL)
        return MIG_OK;
    for (size_t i = 0; i < n_columns; i++)
        if (mig_table_find(table, columns[i]) == NULL)
            return MIG_OK;
    st = source->ops->lookup(source, table, columns, n_columns, fn, p, p->err);
    return st != MIG_OK ? st : p->st;
}

static mig_status
check_settings(mig_source *source, const mig_catalog *catalog, mig_lookup_fn *fn, probe *p)
{
    static const char *const columns[] = {"key", "value"};
    mig_status               st;

    st = each_row(source, catalog, "settings", columns, 2, fn, p);
    if (st == MIG_OK)
        st = each_row(source, catalog, "global_settings", columns, 2, fn, p);
    return st;
}

static mig_status
check_columns(mig_source *source, const mig_catalog *catalog, probe *p)
{
    size_t                     n = 0;
    const mig_uptrakit_secret *secrets = mig_uptrakit_secrets(&n);
    mig_buf                    place = MIG_BUF_INIT;
    mig_status                 st = MIG_OK;

    for (size_t i = 0; i < n && st == MIG_OK; i++) {
        mig_buf_clear(&place);
        mig_buf_printf(&place, "%s.%s", secrets[i].table, secrets[i].column);
        p->place = mig_buf_text(&place);
        p->aad = secrets[i].place;
        p->tried = 0;
        st = each_row(source, catalog, secrets[i].table, &secrets[i].column, 1, try_column, p);
    }
    mig_buf_fini(&place);
    return st;
}

mig_status
mig__keycheck(mig_source *source, const mig_catalog *catalog, mig_master_key *key, mig_error *err)
{
    static const char *const key_columns[] = {"key_id", "wrapped_key", "kek_fingerprint"};
    probe                    p = {.key = key, .st = MIG_OK, .err = err};
    mig_status               st = MIG_OK;

    MIG_TRY(check_settings(source, catalog, try_token, &p));
    MIG_TRY(each_row(source, catalog, "data_encryption_keys", key_columns, 3, try_data_key, &p));
    MIG_TRY(check_columns(source, catalog, &p));
    MIG_TRY(check_settings(source, catalog, try_setting, &p));
done:
    if (st == MIG_E_KEY)
        mig_error_hint(err, "the target was not touched; give the master key that this "
                            "installation is run with");
    return st;
}
