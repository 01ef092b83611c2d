/*
 * print.c - the DDL as a file for a person, psql and sqlite3.
 *
 * Statements stand in the order of a run under the heading of their phase, each
 * below the decisions that are about it: those that name the same thing, else
 * those of its table, which stand above CREATE TABLE.  What is not carried over
 * stands at the end, with its SQL.
 *
 * Names, SQL and values of the source come into comments, where a line end of
 * any kind would let them out: every line begins with "--" anew.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mig/mirror.h"

#define NO_ITEM SIZE_MAX

static const char *const headings[] = {
    [MIG_DDL_BEFORE] = "Types and tables",
    [MIG_DDL_KEYS] = "Keys and indexes: best made when all rows are there",
    [MIG_DDL_REFERENCES] = "Foreign keys",
    [MIG_DDL_VALIDATE] = "Foreign keys are checked against the rows",
    [MIG_DDL_AFTER] = "Views, triggers, comments",
};

/* ---- comments ---------------------------------------------------------------------------- */

/* PostgreSQL ends a comment at a carriage return too. */
static void
add_comment(mig_buf *out, const char *indent, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, "\r\n");

        mig_buf_puts(out, len > 0 ? "-- " : "--");
        mig_buf_puts(out, len > 0 ? indent : "");
        mig_buf_add(out, text, len);
        mig_buf_puts(out, "\n");
        text += len;
        if (*text == '\0')
            return;
        text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
    }
}

static void
add_heading(mig_buf *out, const char *text)
{
    mig_buf_printf(out, "-- ==== %s ====\n\n", text);
}

static void
add_decision(mig_buf *out, const mig_decision *decision, const char *made)
{
    mig_buf text = MIG_BUF_INIT;

    mig_buf_printf(&text, "%s%s%s", decision->what != NULL ? decision->what : "",
                   decision->what != NULL ? ": " : "", decision->text);
    out->failed = out->failed || text.failed;
    add_comment(out, "", mig_buf_text(&text));
    if (decision->sql != NULL && (made == NULL || strcmp(decision->sql, made) != 0))
        add_comment(out, "    ", decision->sql);
    mig_buf_fini(&text);
}

/* ---- which decision stands where --------------------------------------------------------- */

/* "constraint NAME" is about the item "unique constraint NAME of TABLE". */
static bool
is_its_constraint(const mig_ddl_item *item, const mig_decision *decision)
{
    static const char before[] = "constraint ";
    const char       *name, *end;
    size_t            n_name, n_what = strlen(item->what), n_table;

    if (item->table == NULL || decision->table == NULL ||
        strcmp(item->table, decision->table) != 0 ||
        strncmp(decision->what, before, strlen(before)) != 0)
        return false;
    name = decision->what + strlen(before);
    n_name = strlen(name);
    n_table = strlen(item->table);
    if (n_what < 1 + n_name + strlen(" of ") + n_table)
        return false;
    end = item->what + n_what - n_table - strlen(" of ") - n_name;
    return end[-1] == ' ' && strncmp(end, name, n_name) == 0 &&
           strncmp(end + n_name, " of ", 4) == 0;
}

static bool
is_its_table(const mig_ddl_item *item, const mig_decision *decision)
{
    return decision->table != NULL && item->table != NULL &&
           strcmp(item->table, decision->table) == 0 && item->phase == MIG_DDL_BEFORE &&
           strncmp(item->what, "table ", 6) == 0;
}

static size_t
place_of(const mig_ddl *ddl, const mig_decision *decision)
{
    if (decision->kind == MIG_DECISION_NOT_CARRIED)
        return NO_ITEM;
    for (size_t i = 0; decision->what != NULL && i < ddl->n_items; i++)
        if (strcmp(ddl->items[i].what, decision->what) == 0 ||
            is_its_constraint(&ddl->items[i], decision))
            return i;
    for (size_t i = 0; i < ddl->n_items; i++)
        if (is_its_table(&ddl->items[i], decision))
            return i;
    return NO_ITEM;
}

/* The place of each decision, the caller's to free(); NULL without memory. */
static size_t *
place_all(const mig_mirror *mirror, const mig_ddl *ddl)
{
    size_t *places = calloc(mirror->n_decisions + 1, sizeof *places);

    for (size_t i = 0; places != NULL && i < mirror->n_decisions; i++)
        places[i] = place_of(ddl, &mirror->decisions[i]);
    return places;
}

/* ---- the parts of the file --------------------------------------------------------------- */

static void
add_settings(mig_buf *out, const mig_schema *schema)
{
    mig_buf path = MIG_BUF_INIT;

    if (schema->dialect == MIG_DIALECT_SQLITE)
        return;
    mig_buf_puts(out, "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n");
    mig_buf_identifier(&path, schema->name);
    mig_buf_puts(out, "SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', ");
    mig_buf_literal(out, mig_buf_text(&path));
    mig_buf_puts(out, ",\n    NULLIF(pg_catalog.current_setting('search_path'), '')), false);\n\n");
    out->failed = out->failed || path.failed;
    mig_buf_fini(&path);
}

static void
add_header(mig_buf *out, const mig_mirror *mirror, const char *title)
{
    bool postgres = mirror->schema->dialect == MIG_DIALECT_POSTGRES;

    add_comment(out, "", title);
    add_comment(out, "",
                postgres ? "\nThe schema as db-migrate makes it.  To make it by hand, in a schema "
                           "without these tables:\n\n    psql -v ON_ERROR_STOP=1 -f THIS_FILE "
                           "DATABASE\n\nthen copy the rows with --schema existing.\n"
                         : "\nThe schema as db-migrate makes it.  To make it by hand, in a "
                           "database without these tables:\n\n    sqlite3 -bail DATABASE < "
                           "THIS_FILE\n\nthen copy the rows with --schema existing.\n");
    mig_buf_puts(out, "\n");
    add_settings(out, mirror->schema);
}

/* A statement that ends in a comment would swallow a semicolon behind it. */
static bool
ends_in_comment(const char *sql)
{
    const char *line = strrchr(sql, '\n');

    return strstr(line != NULL ? line : sql, "--") != NULL;
}

static void
add_statement(mig_buf *out, const char *sql)
{
    mig_buf_puts(out, sql);
    mig_buf_puts(out, ends_in_comment(sql) ? "\n;\n" : ";\n");
}

static void
add_items(mig_buf *out, const mig_mirror *mirror, const mig_ddl *ddl, const size_t *places,
          mig_ddl_phase phase)
{
    bool any = false, lone = true; /* the statement above was of one line */

    for (size_t i = 0; i < ddl->n_items; i++) {
        const char *sql = ddl->items[i].sql;
        bool        line = strchr(sql, '\n') == NULL;

        if (ddl->items[i].phase != phase)
            continue;
        if (!any)
            add_heading(out, headings[phase]);
        for (size_t d = 0; d < mirror->n_decisions; d++)
            line = line && places[d] != i;
        if (any && !(line && lone))
            mig_buf_puts(out, "\n");
        for (size_t d = 0; d < mirror->n_decisions; d++)
            if (places[d] == i)
                add_decision(out, &mirror->decisions[d], sql);
        add_statement(out, sql);
        any = true;
        lone = line;
    }
    mig_buf_puts(out, any ? "\n" : "");
}

static void
add_unplaced(mig_buf *out, const mig_mirror *mirror, const size_t *places, bool carried,
             const char *heading)
{
    bool any = false;

    for (size_t d = 0; d < mirror->n_decisions; d++) {
        const mig_decision *decision = &mirror->decisions[d];

        if (places[d] != NO_ITEM || (decision->kind != MIG_DECISION_NOT_CARRIED) != carried)
            continue;
        if (!any)
            add_heading(out, heading);
        add_decision(out, decision, NULL);
        any = true;
    }
    mig_buf_puts(out, any ? "\n" : "");
}

mig_status
mig_mirror_print(const mig_mirror *mirror, const mig_ddl *ddl, const char *title, mig_buf *out,
                 mig_error *err)
{
    static const mig_ddl_phase phases[] = {MIG_DDL_BEFORE, MIG_DDL_KEYS, MIG_DDL_REFERENCES,
                                           MIG_DDL_VALIDATE, MIG_DDL_AFTER};
    mig_status                 st = MIG_OK;
    size_t                    *places = place_all(mirror, ddl);

    if (places == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot print the schema");
        goto done;
    }
    add_header(out, mirror, title);
    add_unplaced(out, mirror, places, true, "Decided");
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        add_items(out, mirror, ddl, places, phases[i]);
    add_unplaced(out, mirror, places, false, "Not carried over");
    MIG_TRY(mig_buf_check(out, err));
done:
    free(places);
    return st;
}
