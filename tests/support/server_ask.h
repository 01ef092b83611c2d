/*
 * server_ask.h - what a server makes of a value, for comparing codecs with it.
 *
 * The server's conninfo is in MIG_TEST_PG.  Every test is a process of its own with one
 * connection, whose settings are those of the program's own (UTC, ISO, extra_float_digits 3).
 */
#ifndef TEST_SERVER_ASK_H
#define TEST_SERVER_ASK_H

#include <stdbool.h>
#include <stddef.h>

typedef enum server_format { SERVER_TEXT = 0, SERVER_BINARY = 1 } server_format;

typedef struct server_value {
    const void   *data;
    size_t        len; /* of a text too, which has a NUL behind it */
    server_format format;
} server_value;

/* The last answer. */
typedef struct server_answer {
    unsigned char bytes[200000]; /* a NUL behind them */
    size_t        len;
} server_answer;

extern server_answer server_said;

/* Criterion's .init and .fini. */
void server_ask_open(void);
void server_ask_close(void);

/*
 * Whether the server takes the value, which is $1 in the query; its answer in `format` is then in
 * server_said.  Any other trouble than a value that is refused fails the test.
 */
bool server_ask(const char *sql, server_value value, server_format format);

/* The same for a text. */
bool server_ask_text(const char *sql, const char *text, server_format format);

#endif
