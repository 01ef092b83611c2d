/*
 * proof_read.c - a report read back: which tables, read in which way, had which
 * digests.
 *
 * The catalogs of both sides are made up from the file, with what a plan needs of
 * them; who has one of the databases puts its own tables in their place
 * (against.c).
 */
#include "proof_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json_tree.h"
#include "mig/wire.h"

/* A report of 10,000 tables with 50 columns each is half of that. */
#define FILE_MOST ((size_t)512 * 1024 * 1024)

static const char *const side_names[] = {"source", "target"};

/* ---- the file ----------------------------------------------------------------------------- */

static mig_status
read_file(const char *path, mig_buf *out, mig_error *err)
{
    int     fd = open(path, O_RDONLY | O_CLOEXEC);
    char    block[64 * 1024];
    ssize_t n = fd < 0 ? -1 : 0;
    bool    more = fd >= 0;

    while (more && out->len < FILE_MOST) {
        n = read(fd, block, sizeof block);
        more = n > 0 || (n < 0 && errno == EINTR);
        if (n > 0)
            mig_buf_add(out, block, (size_t)n);
    }
    if (n < 0)
        mig_error_detail((mig_raise(err, MIG_E_IO, "cannot read the report %s", path), err), "%s",
                         strerror(errno));
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return MIG_E_IO;
    if (out->len >= FILE_MOST)
        return mig_raise(err, MIG_E_IO, "the report %s is too large", path);
    return mig_buf_check(out, err);
}

static mig_status
broken(const mig_proof *proof, const char *what, mig_error *err)
{
    mig_raise(err, MIG_E_DATA, "the report %s is broken: %s", proof->path, what);
    return MIG_E_DATA;
}

/* ---- columns ------------------------------------------------------------------------------ */

/* The element of a list of words; false: none of them. */
static bool
find_word(const char *const *words, size_t n, const char *word, unsigned *atp)
{
    for (size_t i = 0; word != NULL && i < n; i++) {
        if (words[i] != NULL && strcmp(words[i], word) == 0) {
            *atp = (unsigned)i;
            return true;
        }
    }
    return false;
}

static bool
read_wire(const mig_json_node *node, const char *name, mig_wire_type *wirep)
{
    static const char *const words[] = {
#define WIRE_WORD(name, words) words,
        MIG_WIRE_MAP(WIRE_WORD)
#undef WIRE_WORD
    };
    unsigned at = 0;
    bool found = find_word(words, sizeof words / sizeof words[0], mig__json_text(node, name), &at);

    *wirep = (mig_wire_type)at;
    return found;
}

static bool
read_rules(const mig_json_node *node, unsigned *rulesp)
{
    static const char *const words[] = {
#define RULE_WORD(name, word, meaning) word,
        MIG_RULE_MAP(RULE_WORD)
#undef RULE_WORD
    };
    const mig_json_node *list = mig__json_member(node, "rules", MIG_JSON_ARRAY);
    unsigned             at = 0;

    for (const mig_json_node *rule = list != NULL ? list->first : NULL; rule != NULL;
         rule = rule->next) {
        if (!find_word(words, sizeof words / sizeof words[0], rule->text, &at))
            return false;
        *rulesp |= 1U << at;
    }
    return list != NULL;
}

static bool
read_choice(const mig_json_node *node, const char *name, const char *(*word)(unsigned),
            unsigned *atp)
{
    const char *text = mig__json_text(node, name);

    for (*atp = 0; text != NULL && word(*atp) != NULL; ++*atp)
        if (strcmp(word(*atp), text) == 0)
            return true;
    return false;
}

static bool
read_limit(const mig_json_node *node, const char *name, int32_t *limitp)
{
    int64_t value = 0;
    bool    there = mig__json_integer(node, name, INT32_MIN, INT32_MAX, &value);

    *limitp = (int32_t)value;
    return there;
}

/* All but the two columns that it is about. */
static bool
read_conversion(const mig_proof *proof, const mig_json_node *node, mig_column_plan *column)
{
    unsigned unit = 0, store = 0;
    int32_t  digits = 0;
    bool whole = read_wire(node, "wire", &column->wire) && read_wire(node, "read", &column->read) &&
                 read_limit(node, "length", &column->limits.length) &&
                 read_limit(node, "precision", &column->limits.precision) &&
                 read_limit(node, "scale", &column->limits.scale) &&
                 read_rules(node, &column->rules) &&
                 read_choice(node, "unit", mig__proof_unit, &unit) &&
                 read_choice(node, "store", mig__proof_store, &store) &&
                 read_limit(node, "money_digits", &digits);

    column->secret = true; /* nothing of it is known, and no value need be told */
    column->array = mig__json_yes(node, "array");
    column->zone = mig__json_yes(node, "zoned") ? proof->zone : NULL;
    column->unit = (mig_unit)unit;
    column->store = (mig_store)store;
    column->money_digits = digits;
    return whole;
}

/* ---- tables ------------------------------------------------------------------------------- */

static bool
add_column(mig_table *table, const mig_json_node *node)
{
    const char *name = mig__json_text(node, "name"), *type = mig__json_text(node, "type");
    const char *base = mig__json_text(node, "base");
    int64_t     key = 0;
    mig_column *column;

    if (name == NULL || type == NULL || !mig__json_integer(node, "key", 0, INT16_MAX, &key) ||
        (column = mig_table_add_column(table, name, type)) == NULL)
        return false;
    column->base = base != NULL ? strdup(base) : NULL;
    column->pk_position = (int)key;
    column->not_null = mig__json_yes(node, "not_null");
    return base == NULL || column->base != NULL;
}

static bool
add_table(mig_catalog *catalog, const char *side, const mig_json_node *node)
{
    const char          *name = mig__json_text(node, side);
    const mig_json_node *columns = mig__json_member(node, "columns", MIG_JSON_ARRAY);
    mig_table           *table = NULL;

    if (name == NULL || columns == NULL || mig_catalog_find(catalog, name) != NULL ||
        (table = mig_catalog_add_table(catalog, name, MIG_TABLE_PLAIN)) == NULL)
        return false;
    for (const mig_json_node *c = columns->first; c != NULL; c = c->next)
        if (!add_column(table, mig__json_member(c, side, MIG_JSON_OBJECT)))
            return false;
    return true;
}

static mig_status
read_catalogs(mig_proof *proof, const mig_json_node *tables, mig_error *err)
{
    for (int i = 0; i < 2; i++) {
        mig_catalog *catalog = mig_catalog_new("");

        proof->sides[i] = catalog;
        for (const mig_json_node *t = tables->first; catalog != NULL && t != NULL; t = t->next)
            if (!add_table(catalog, side_names[i], t))
                return broken(proof, "a table of it has no name, no columns, or a wrong one", err);
        if (catalog == NULL || !mig_catalog_finish(catalog))
            return mig_raise(err, MIG_E_NOMEM, "cannot hold the report %s", proof->path);
    }
    return MIG_OK;
}

static bool
read_digest(const mig_json_node *node, mig_digest *digest)
{
    const char *text = mig__json_text(mig__json_member(node, "digest", MIG_JSON_OBJECT), "source");

    return text != NULL && strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32 &&
           sscanf(text, "%16" SCNx64 "%16" SCNx64, &digest->sum.high, &digest->sum.low) == 2;
}

static mig_status
read_table(mig_proof *proof, const mig_json_node *node, mig_table_plan *plan,
           mig_proof_table *found, mig_error *err)
{
    const mig_json_node *columns = mig__json_member(node, "columns", MIG_JSON_ARRAY);
    const mig_json_node *c = columns->first;
    const char          *compared = mig__json_text(node, "compared");
    int64_t              n_rows = 0;

    plan->source = mig_catalog_find(proof->sides[0], mig__json_text(node, "source"));
    plan->target = mig_catalog_find(proof->sides[1], mig__json_text(node, "target"));
    plan->label = plan->target->name;
    plan->n_columns = plan->source->n_columns;
    plan->columns = calloc(plan->n_columns + 1, sizeof *plan->columns);
    if (plan->columns == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the report %s", proof->path);
    for (size_t i = 0; i < plan->n_columns; i++, c = c->next) {
        plan->columns[i].source = &plan->source->columns[i];
        plan->columns[i].target = &plan->target->columns[i];
        if (!read_conversion(proof, c, &plan->columns[i]))
            return broken(proof, "it does not say how a column was read", err);
    }
    if (compared == NULL || !mig__json_integer(mig__json_member(node, "rows", MIG_JSON_OBJECT),
                                               "source", 0, INT64_MAX, &n_rows))
        return broken(proof, "it does not say how many rows a table had", err);
    found->digested = strcmp(compared, "content") == 0;
    found->digest.n_rows = (uint64_t)n_rows;
    if (found->digested && !read_digest(node, &found->digest))
        return broken(proof, "a table has no digest", err);
    return MIG_OK;
}

static mig_status
read_tables(mig_proof *proof, const mig_json_node *tables, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     n = 0;

    MIG_TRY(read_catalogs(proof, tables, err));
    for (const mig_json_node *t = tables->first; t != NULL; t = t->next)
        n++;
    proof->plan = calloc(1, sizeof *proof->plan);
    proof->tables = calloc(n + 1, sizeof *proof->tables);
    if (proof->plan == NULL || proof->tables == NULL ||
        (proof->plan->tables = calloc(n + 1, sizeof *proof->plan->tables)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the report %s", proof->path);
        goto done;
    }
    for (const mig_json_node *t = tables->first; t != NULL; t = t->next) {
        size_t at = proof->plan->n_tables++;

        MIG_TRY(read_table(proof, t, &proof->plan->tables[at], &proof->tables[at], err));
    }
done:
    return st;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static mig_status
read_zone(mig_proof *proof, const mig_json_node *root, mig_error *err)
{
    const char *name = mig__json_text(root, "timezone");

    if (name != NULL && mig_zone_open(name, &proof->zone, NULL) != MIG_OK)
        return broken(proof, "its time zone is not known here", err);
    return MIG_OK;
}

/* Whether it is a report, and one that proves something. */
static mig_status
check_kind(const mig_proof *proof, const mig_json_node *root, mig_error *err)
{
    const char *format = mig__json_text(root, "format"), *result = mig__json_text(root, "result");

    if (format == NULL || strncmp(format, "db-migrate report ", 18) != 0)
        return mig_raise(err, MIG_E_DATA, "%s is no report of this program", proof->path);
    if (strcmp(format, MIG__PROOF_FORMAT) != 0)
        return mig_raise(err, MIG_E_DATA,
                         "the report %s is of a version of this program that digests otherwise: "
                         "%.40s, not " MIG__PROOF_FORMAT,
                         proof->path, format);
    if (result == NULL)
        return broken(proof, "it has no result", err);
    if (strcmp(result, "equal") != 0)
        return mig_raise(err, MIG_E_DATA,
                         "the report %s proves nothing: its run did not find both databases equal",
                         proof->path);
    return MIG_OK;
}

mig_status
mig__proof_read(const char *path, mig_proof *proof, mig_error *err)
{
    mig_status           st = MIG_OK;
    mig_buf              text = MIG_BUF_INIT;
    mig_json_node       *root = NULL;
    const mig_json_node *tables;

    *proof = (mig_proof){.path = path};
    MIG_TRY(read_file(path, &text, err));
    st = mig__json_parse(mig_buf_text(&text), text.len, &root, err);
    if (st != MIG_OK) {
        mig_error_context(err, "the report %s is broken", path);
        goto done;
    }
    MIG_TRY(check_kind(proof, root, err));
    MIG_TRY(read_zone(proof, root, err));
    tables = mig__json_member(root, "tables", MIG_JSON_ARRAY);
    st = tables != NULL ? read_tables(proof, tables, err) : broken(proof, "it has no tables", err);
done:
    mig__json_free(root);
    mig_buf_fini(&text);
    if (st != MIG_OK)
        mig__proof_fini(proof);
    return st;
}

void
mig__proof_fini(mig_proof *proof)
{
    mig_plan_free(proof->plan);
    free(proof->tables);
    mig_zone_free(proof->zone);
    for (int i = 0; i < 2; i++)
        mig_catalog_free(proof->sides[i]);
    *proof = (mig_proof){.path = NULL};
}
