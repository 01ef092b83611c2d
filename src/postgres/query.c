/*
 * query.c - statements, results, and errors from PGresult into mig_error.
 *
 * The server's message follows ours in one line; its DETAIL, CONTEXT and HINT
 * keep their places.  All of them are cut: a DETAIL can hold a whole row.
 *
 * A query that was cancelled is the echo of our interruption only if there was
 * one: an administrator's pg_cancel_backend() is an error of its own, and
 * taking it for an echo would end a run that failed as if it had not.
 */
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/codec.h"

/* Characters of 4 bytes, or as many \xNN, and "...". */
#define EXCERPT_SIZE (4 * MIG__MAX_SERVER_TEXT + 16)

const char *
mig__query_sqlstate(const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    return state != NULL ? state : "";
}

mig_status
mig__query_status(const mig__session *session, const PGresult *res)
{
    const char *state = mig__query_sqlstate(res);
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    /* The server goes down with it, whatever the reason was, and may come back. */
    if (severity != NULL && strcmp(severity, "PANIC") == 0)
        return MIG_E_CONNECT;
    /* A disk that is full is no connection that was lost, also where the server breaks it off. */
    if (strncmp(state, "53", 2) == 0 && strcmp(state, "53300") != 0)
        return MIG_E_DATABASE;
    if (session->conn == NULL || PQstatus(session->conn) == CONNECTION_BAD)
        return MIG_E_CONNECT;
    if (strcmp(state, "57014") == 0 && mig__session_interrupted(session))
        return MIG_E_STOPPED;
    if (strcmp(state, "42501") == 0)
        return MIG_E_RIGHTS;
    if (strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
        return MIG_E_CONNECT;
    if (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0)
        return MIG_E_DATA;
    return MIG_E_DATABASE;
}

/* The server's own text; where there is none (the connection broke), libpq's. */
static void
primary_text(const mig__session *session, const PGresult *res, char out[EXCERPT_SIZE])
{
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    size_t      len;

    if (text == NULL)
        text = session->conn != NULL ? PQerrorMessage(session->conn) : "not connected";
    len = strcspn(text, "\n"); /* libpq explains itself over several lines */
    mig_text_excerpt(text, len, MIG__MAX_SERVER_TEXT, out, EXCERPT_SIZE);
}

static void
add_field(const PGresult *res, int field, const char *label, mig_error *err)
{
    char        excerpt[EXCERPT_SIZE];
    const char *text = PQresultErrorField(res, field);

    if (text == NULL || text[0] == '\0')
        return;
    mig_text_excerpt(text, strlen(text), MIG__MAX_SERVER_TEXT, excerpt, sizeof excerpt);
    mig_error_detail(err, "%s%s", label, excerpt);
}

mig_status
mig__query_raise(const mig__session *session, const PGresult *res, mig_error *err, const char *fmt,
                 ...)
{
    mig_status  st = mig__query_status(session, res);
    char        text[EXCERPT_SIZE];
    char       *what = NULL;
    const char *hint;
    va_list     args;

    if (err == NULL || err->status != MIG_OK)
        return st;
    va_start(args, fmt);
    if (vasprintf(&what, fmt, args) < 0)
        what = NULL;
    va_end(args);
    primary_text(session, res, text);
    mig_raise(err, st, "%s: %s%s", what != NULL ? what : "a statement failed",
              st == MIG_E_CONNECT ? "the connection was lost: " : "", text);
    free(what);

    add_field(res, PG_DIAG_MESSAGE_DETAIL, "", err);
    add_field(res, PG_DIAG_CONTEXT, "", err);
    add_field(res, PG_DIAG_SQLSTATE, "SQLSTATE ", err);
    hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT);
    if (hint != NULL)
        mig_error_hint(err, "%s", hint);
    return st;
}

/* An interruption that came between two statements has hit nothing and counts all the same. */
static mig_status
may_begin(const mig__session *session, mig_error *err)
{
    if (mig__session_interrupted(session) && !session->must_finish)
        return mig_raise(err, MIG_E_STOPPED, "stopped");
    return MIG_OK;
}

mig_status
mig__query_run(mig__session *session, const char *what, const char *sql, mig_error *err)
{
    mig_status     st = may_begin(session, err);
    PGresult      *res;
    ExecStatusType status;

    if (st != MIG_OK)
        return st;
    res = PQexec(session->conn, sql);
    status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        st = mig__query_raise(session, res, err, "%s", what);
    PQclear(res);
    return st;
}

mig_status
mig__query_run_buf(mig__session *session, const char *what, const mig_buf *sql, mig_error *err)
{
    mig_status st = mig_buf_check(sql, err);

    return st != MIG_OK ? st : mig__query_run(session, what, mig_buf_text(sql), err);
}

mig_status
mig__query_rows(mig__session *session, const char *what, const char *sql, int n_params,
                const char *const *params, PGresult **resp, mig_error *err)
{
    mig_status st = may_begin(session, err);
    PGresult  *res;

    *resp = NULL;
    if (st != MIG_OK)
        return st;
    res = PQexecParams(session->conn, sql, n_params, NULL, params, NULL, NULL, 0);
    if (PQresultStatus(res) == PGRES_TUPLES_OK) {
        *resp = res;
        return MIG_OK;
    }
    st = mig__query_raise(session, res, err, "%s", what);
    PQclear(res);
    return st;
}

void
mig__query_rollback(mig__session *session)
{
    PGTransactionStatusType state = PQtransactionStatus(session->conn);

    if (state == PQTRANS_INTRANS || state == PQTRANS_INERROR)
        PQclear(PQexec(session->conn, "ROLLBACK"));
}

void
mig__query_name(mig_buf *sql, const char *schema, const char *name)
{
    mig_buf_identifier(sql, schema);
    mig_buf_puts(sql, ".");
    mig_buf_identifier(sql, name);
}

void
mig__query_home(mig_buf *sql, const char *schema, const mig_table *table)
{
    if (table->home_schema != NULL)
        mig__query_name(sql, table->home_schema, table->home_name);
    else
        mig__query_name(sql, schema, table->name);
}

void
mig__query_table(mig_buf *sql, const char *schema, const mig_table *table)
{
    if (table->kind == MIG_TABLE_PLAIN)
        mig_buf_puts(sql, "ONLY ");
    mig__query_home(sql, schema, table);
}

void
mig__query_element(mig_buf *text, const char *element)
{
    mig_buf_puts(text, "\"");
    for (const char *p = element; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            mig_buf_puts(text, "\\");
        mig_buf_add(text, p, 1);
    }
    mig_buf_puts(text, "\"");
}

void
mig__query_names(mig_buf *text, char *const *names, size_t n_names)
{
    mig_buf_puts(text, "{");
    for (size_t i = 0; i < n_names; i++) {
        mig_buf_puts(text, i > 0 ? "," : "");
        mig__query_element(text, names[i]);
    }
    mig_buf_puts(text, "}");
}

void
mig__query_array(mig_buf *text, const mig_table *const *tables, size_t n_tables)
{
    mig_buf_puts(text, "{");
    for (size_t i = 0; i < n_tables; i++) {
        mig_buf_puts(text, i > 0 ? "," : "");
        mig__query_element(text, tables[i]->name);
    }
    mig_buf_puts(text, "}");
}
