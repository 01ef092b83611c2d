/*
 * url_mask.c - finding what must not be seen in a PostgreSQL URL.
 *
 * Passwords come with any characters in them, encoded or not, so a URL is not
 * taken at its word: where one reading of it has a password in a place and
 * another has not, it is masked.  Two consequences: everything up to the last
 * "@" is credentials, wherever "/", "?" or "#" stand before it; and a parameter
 * is shown only if libpq knows it as harmless.
 *
 * One scanner yields the secret spans in their order; printing and wiping are
 * its two users.
 */
#include "url.h"

#include <ctype.h>
#include <string.h>

#include "mig/buf.h"

#define MASK "***"

/* PostgreSQL manual, "Parameter Key Words"; "ssl" is what libpq takes over from JDBC. */
static const char *const harmless[] = {
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "passfile",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "service",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
};

/* Parameters whose names are shown although their values are not. */
static const char *const secret[] = {
    "oauth_client_secret", "password", "scram_client_key", "scram_server_key", "sslpassword",
};

#define N_ELEMENTS(array) (sizeof(array) / sizeof *(array))

typedef struct span {
    const char *start, *end;
    bool credentials; /* "user:password", of which the user is no secret to the process list */
} span;

typedef enum stage { CREDENTIALS, PORTS, PARAMETERS, END } stage;

typedef struct scanner {
    const char *p; /* where to look on */
    stage       stage;
} scanner;

static bool
is_one_of(const char *name, size_t len, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    }
    return false;
}

static bool
next_credentials(scanner *s, span *out)
{
    const char *at = strrchr(s->p, '@');

    s->stage = PORTS;
    /* An "@" among the parameters ends no credentials if there is nothing that could be some. */
    if (at == NULL || strcspn(s->p, ":@") >= strcspn(s->p, "?"))
        return false;
    *out = (span){.start = s->p, .end = at, .credentials = true};
    s->p = at + 1;
    return true;
}

/* "user:password" without "@host": what stands where a port should, and is none, goes. */
static bool
next_port(scanner *s, span *out)
{
    const char *p = s->p;
    bool        in_brackets = false; /* an IPv6 address */

    for (; *p != '\0' && *p != '/' && *p != '?'; p++) {
        if (*p == '[' && strchr(p, ']') != NULL)
            in_brackets = true;
        else if (*p == ']')
            in_brackets = false;
        if (*p != ':' || in_brackets)
            continue;
        if (strchr(",/?", p[1 + strspn(p + 1, "0123456789")]) != NULL) /* or the end */
            continue;
        *out = (span){.start = p + 1, .end = p + strlen(p), .credentials = false};
        s->stage = END;
        return true;
    }
    /* "&" and ";" begin none for libpq, but the person who wrote one meant it so. */
    p += strcspn(p, "?&;");
    s->p = *p != '\0' ? p + 1 : p;
    s->stage = PARAMETERS;
    return false;
}

/*
 * libpq takes no second "=" within a parameter: where there is one, something else stands behind
 * the value.  dbname may hold a whole connection string.
 */
static bool
is_harmless(const char *name, const char *equals, const char *end)
{
    size_t      name_len = (size_t)(equals - name);
    const char *forbidden = strncmp(name, "dbname=", 7) == 0 ? ":=%" : "=";

    return is_one_of(name, name_len, harmless, N_ELEMENTS(harmless)) &&
           equals + 1 + strcspn(equals + 1, forbidden) >= end;
}

/* Of a parameter that is not known, the name may be a part of a password with "&" in it. */
static bool
next_parameter(scanner *s, span *out)
{
    while (*s->p != '\0') {
        const char *start = s->p;
        const char *end = start + strcspn(start, "&");
        const char *equals = memchr(start, '=', (size_t)(end - start));

        s->p = *end == '&' ? end + 1 : end;
        if (equals != NULL && is_harmless(start, equals, end))
            continue;
        if (equals != NULL &&
            is_one_of(start, (size_t)(equals - start), secret, N_ELEMENTS(secret)))
            start = equals + 1;
        if (start < end) {
            *out = (span){.start = start, .end = end, .credentials = false};
            return true;
        }
    }
    s->stage = END;
    return false;
}

static bool
next_secret(scanner *s, span *out)
{
    if (s->stage == CREDENTIALS && next_credentials(s, out))
        return true;
    if (s->stage == PORTS && next_port(s, out))
        return true;
    return s->stage == PARAMETERS && next_parameter(s, out);
}

/* A terminal must not be driven by what somebody calls a database. */
static void
add_printable(mig_buf *buf, const char *start, const char *end)
{
    for (; start < end; start++)
        mig_buf_add(buf, iscntrl((unsigned char)*start) ? "?" : start, 1);
}

/* An SQLite URL has no credentials, and its path may have any of these characters. */
static bool
is_sqlite(const char *text, const char *sep)
{
    static const char scheme[] = "sqlite";
    size_t            len = sizeof scheme - 1;

    return (size_t)(sep - text) >= len && memcmp(sep - len, scheme, len) == 0;
}

char *
mig__url_display(const char *text)
{
    const char *sep = strstr(text, "://");
    const char *p = text;
    mig_buf     buf = MIG_BUF_INIT;
    span        hidden;

    if (sep == NULL)
        return strdup(MASK);
    if (!is_sqlite(text, sep)) {
        scanner s = {.p = sep + 3, .stage = CREDENTIALS};

        for (; next_secret(&s, &hidden); p = hidden.end) {
            add_printable(&buf, p, hidden.start);
            mig_buf_puts(&buf, MASK);
        }
    }
    add_printable(&buf, p, p + strlen(p));
    if (buf.failed)
        mig_buf_fini(&buf);
    return buf.data; /* the caller's */
}

void
mig__url_wipe_argument(char *arg)
{
    const char *sep = strstr(arg, "://");
    scanner     s = {.p = sep, .stage = CREDENTIALS};
    span        hidden;

    if (sep == NULL || is_sqlite(arg, sep))
        return;
    s.p = sep + 3;
    while (next_secret(&s, &hidden)) {
        const char *start = hidden.start;
        size_t      len = (size_t)(hidden.end - start);

        if (hidden.credentials) {
            const char *colon = memchr(start, ':', len);

            if (colon == NULL)
                continue; /* a user alone */
            start = colon + 1;
        }
        memset(arg + (start - arg), 'x', (size_t)(hidden.end - start));
    }
}
