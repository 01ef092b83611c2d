/*
 * test_codec_server_netaddr.c - network and hardware addresses here and in a
 * server: the same bytes, the same texts, and nothing taken that it refuses.
 *
 * Needs PostgreSQL: its conninfo in MIG_TEST_PG.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../../src/wire/netaddr.h"
#include "../support/case_random.h"
#include "../support/json_cases.h"
#include "../support/server_ask.h"

TestSuite(codec_server_netaddr, .init = server_ask_open, .fini = server_ask_close);

typedef enum server_is {
    AS_STRICT, /* takes exactly what we take */
    LOOSER,    /* takes more */
} server_is;

/* Returns whether we take it. */
static bool
expect_same_inet(const char *text, bool is_cidr, server_is server)
{
    unsigned char wire[MIG__INET_WIRE_MAX];
    char          printed[MIG__INET_TEXT_MAX];
    size_t        len = 0;
    bool          ours = mig__inet_parse(text, strlen(text), is_cidr, wire, &len) == MIG__INET_OK;
    bool          taken =
        server_ask_text(is_cidr ? "SELECT $1::cidr" : "SELECT $1::inet", text, SERVER_BINARY);

    if (ours || server == AS_STRICT)
        cr_assert_eq(ours, taken, "\"%s\", cidr %d: we %d", text, is_cidr, ours);
    if (!ours)
        return false;
    cr_assert_eq(len, server_said.len, "%s", text);
    cr_assert_arr_eq(wire, server_said.bytes, len, "%s", text);
    cr_assert_gt(mig__inet_format(wire, len, printed), 0);
    /* A cast to text would show the mask of an inet, too. */
    cr_assert(server_ask_text(is_cidr ? "SELECT $1::cidr" : "SELECT $1::inet", text, SERVER_TEXT));
    cr_assert_str_eq(printed, (char *)server_said.bytes);
    return true;
}

/*
 * The server takes an IPv4 address of less than four numbers at the end of IPv6 (::.1), and a colon
 * too many before the mask (::1:/1).
 */
static server_is
strict_or_not(const char *text)
{
    return strpbrk(text, "./") == NULL ? AS_STRICT : LOOSER;
}

Test(codec_server_netaddr, agrees_on_all_short_texts_of_ipv6)
{
    static const char *const forms[] = {"1:2:3::4%s.2.3", "1:2:3:4:5%s", "1:2:3:4:5:6:7%s"};
    char                     text[32], middle[16];
    unsigned                 n_taken = 0;

    for (uint64_t n = 0; string_of_alphabet(":1f./", 6, n, text); n++)
        if (strchr(text, ':') != NULL)
            n_taken += expect_same_inet(text, false, strict_or_not(text));
    for (uint64_t n = 0; string_of_alphabet(":1.", 6, n, middle); n++)
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
            const char *place = strchr(forms[i], '%');

            snprintf(text, sizeof text, "%.*s%s%s", (int)(place - forms[i]), forms[i], middle,
                     place + 2);
            n_taken += expect_same_inet(text, false, strict_or_not(text));
        }
    cr_assert_gt(n_taken, 100, "%u", n_taken);
}

Test(codec_server_netaddr, takes_no_short_text_of_ipv4_that_the_server_refuses)
{
    char     text[32], middle[16];
    unsigned n_taken = 0;

    for (uint64_t n = 0; string_of_alphabet(".012/", 5, n, middle); n++) {
        snprintf(text, sizeof text, "1.2.%s", middle);
        n_taken += expect_same_inet(text, false, LOOSER);
        n_taken += expect_same_inet(text, true, LOOSER);
    }
    cr_assert_gt(n_taken, 50);
}

static void
generate_address(case_random *random, char *text, size_t size)
{
    size_t n = 0;

    if (case_random_below(random, 3) == 0) {
        for (int i = 0; i < 4; i++)
            n += (size_t)snprintf(text + n, size - n, i > 0 ? ".%u" : "%u",
                                  case_random_below(random, 3) > 0 ? case_random_below(random, 256)
                                                                   : 0);
    } else {
        unsigned style = case_random_below(random, 4);

        for (int i = 0; i < 8; i++) {
            unsigned group = case_random_below(random, 3) == 0 ? case_random_below(random, 0x10000)
                             : case_random_below(random, 8) == 0 ? 0xffff
                                                                 : 0;

            /* ::d.d.d.d and ::ffff:d.d.d.d among them */
            if (style == 0 && i < 6)
                group = i == 5 && case_random_below(random, 2) == 0 ? 0xffff : 0;
            n += (size_t)snprintf(text + n, size - n, i > 0 ? ":%x" : "%X", group);
        }
    }
    if (case_random_below(random, 2) == 0)
        snprintf(text + n, size - n, "/%u",
                 case_random_below(random, strchr(text, ':') != NULL ? 130 : 34));
}

Test(codec_server_netaddr, agrees_on_generated_addresses)
{
    case_random random = {6};
    unsigned    n_inet = 0, n_cidr = 0;

    for (int i = 0; i < 8000; i++) {
        char text[64];

        generate_address(&random, text, sizeof text);
        n_inet += expect_same_inet(text, false, AS_STRICT);
        n_cidr += expect_same_inet(text, true, AS_STRICT);
    }
    cr_assert(n_inet > 5000 && n_cidr > 500, "%u, %u", n_inet, n_cidr);
}

Test(codec_server_netaddr, reads_hardware_addresses_alike)
{
    static const char *const six[] = {
        "%02x:%02X:%02x:%02x:%02x:%02x", "%02x-%02x-%02x-%02x-%02x-%02x",
        "%02x%02x%02x:%02x%02x%02x",     "%02X%02x%02x-%02x%02x%02x",
        "%02x%02x.%02x%02x.%02x%02x",    "%02x%02x-%02x%02x-%02x%02x",
        "%02x%02x%02x%02x%02x%02x"};
    case_random random = {48};

    for (int i = 0; i < 3000; i++) {
        unsigned      b[8];
        char          text[64], printed[MIG__MAC_TEXT_MAX];
        unsigned char mac[8];
        size_t        n_bytes = i % 2 == 0 ? 6 : 8;

        for (int k = 0; k < 8; k++)
            b[k] = case_random_below(&random, 256);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (n_bytes == 6)
            snprintf(text, sizeof text, six[i / 2 % 7], b[0], b[1], b[2], b[3], b[4], b[5]);
#pragma GCC diagnostic pop
        if (n_bytes == 8) {
            const char *one = i % 8 == 1 ? ":" : i % 8 == 3 ? "-" : "";
            const char *two = *one ? one : i % 8 == 5 ? "." : "";
            const char *four = *two ? two : i % 16 == 7 ? ":" : "";

            snprintf(text, sizeof text, "%02x%s%02x%s%02x%s%02x%s%02x%s%02x%s%02x%s%02x", b[0], one,
                     b[1], two, b[2], one, b[3], four, b[4], one, b[5], two, b[6], one, b[7]);
        }
        cr_assert(mig__mac_parse(text, strlen(text), mac, n_bytes), "%s", text);
        cr_assert(server_ask_text(n_bytes == 6 ? "SELECT $1::macaddr" : "SELECT $1::macaddr8", text,
                                  SERVER_BINARY));
        cr_assert_eq(server_said.len, n_bytes);
        cr_assert_arr_eq(mac, server_said.bytes, n_bytes, "%s", text);
        mig__mac_format(mac, n_bytes, printed);
        cr_assert(server_ask_text(n_bytes == 6 ? "SELECT $1::macaddr" : "SELECT $1::macaddr8", text,
                                  SERVER_TEXT));
        cr_assert_str_eq(printed, (char *)server_said.bytes);
    }
}

Test(codec_server_netaddr, takes_no_hardware_address_that_the_server_refuses)
{
    static const char base[] = "08:00:2b:01:02:03:04:05";
    static const char marks[] = ":-.0aG ";
    unsigned          n_taken = 0;

    for (size_t n_bytes = 6; n_bytes <= 8; n_bytes += 2)
        for (size_t at = 0; at < 3 * n_bytes - 1; at++)
            for (const char *mark = marks; *mark != '\0'; mark++) {
                char          text[32];
                unsigned char mac[8];

                snprintf(text, 3 * n_bytes, "%s", base);
                text[at] = *mark;
                if (!mig__mac_parse(text, strlen(text), mac, n_bytes))
                    continue;
                n_taken++;
                cr_assert(
                    server_ask_text(n_bytes == 6 ? "SELECT $1::macaddr" : "SELECT $1::macaddr8",
                                    text, SERVER_BINARY));
                cr_assert_arr_eq(mac, server_said.bytes, n_bytes, "%s", text);
            }
    cr_assert_gt(n_taken, 20);
}
