/*
 * server_ask.c - what a server makes of a value.
 */
#include "server_ask.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

server_answer server_said;

static PGconn *conn;

void
server_ask_open(void)
{
    const char *conninfo = getenv("MIG_TEST_PG");

    cr_assert_not_null(conninfo, "MIG_TEST_PG is not set: it must hold the conninfo of a server");
    conn = PQconnectdb(conninfo);
    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    PQclear(PQexec(conn,
                   "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET client_encoding = 'UTF8';"
                   "SET extra_float_digits = 3"));
    /* Thousands of refusals are not worth a log; not allowed to everybody, and no matter. */
    PQclear(PQexec(conn, "SET log_min_error_statement = panic; SET log_min_messages = panic"));
}

void
server_ask_close(void)
{
    PQfinish(conn);
}

bool
server_ask(const char *sql, server_value value, server_format format)
{
    const char *data = value.data;
    int         len = (int)value.len;
    int         value_format = value.format;
    PGresult   *result = PQexecParams(conn, sql, 1, NULL, &data, &len, &value_format, (int)format);
    bool        taken = PQresultStatus(result) == PGRES_TUPLES_OK;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    /* Class 22 is "data exception": the verdict that is asked for. */
    if (!taken)
        cr_assert(state != NULL && strncmp(state, "22", 2) == 0, "%s of %.200s: %s", sql,
                  value.format == SERVER_TEXT ? data : "a binary value", PQerrorMessage(conn));
    if (taken) {
        server_said.len = (size_t)PQgetlength(result, 0, 0);
        cr_assert_lt(server_said.len, sizeof server_said.bytes);
        memcpy(server_said.bytes, PQgetvalue(result, 0, 0), server_said.len + 1);
    }
    PQclear(result);
    return taken;
}

bool
server_ask_text(const char *sql, const char *text, server_format format)
{
    server_value value = {text, strlen(text), SERVER_TEXT};

    return server_ask(sql, value, format);
}
