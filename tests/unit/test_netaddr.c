/*
 * test_netaddr.c - network and hardware addresses between text and binary.  The
 * server itself is asked in tests/db/test_codec_server_netaddr.c.
 */
#include "../../src/wire/netaddr.h"

#include <criterion/criterion.h>
#include <string.h>

#define N(array) (sizeof array / sizeof array[0])

Test(netaddr, reads_and_writes_inet_and_cidr)
{
    static const struct {
        const char *text, *inet, *cidr; /* what is written; NULL: refused */
    } cases[] = {
        {"192.168.0.1", "192.168.0.1", "192.168.0.1/32"},
        {"192.168.0.1/32", "192.168.0.1", "192.168.0.1/32"},
        {"192.168.0.1/24", "192.168.0.1/24", NULL},
        {"10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"},
        {"10.128.0.0/9", "10.128.0.0/9", "10.128.0.0/9"},
        {"10.128.0.0/8", "10.128.0.0/8", NULL},
        {"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0"},
        {"::", "::", "::/128"},
        {"::/0", "::/0", "::/0"},
        {"::1", "::1", "::1/128"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1/128"},
        {"2001:db8::/32", "2001:db8::/32", "2001:db8::/32"},
        {"2001:db8::1/32", "2001:db8::1/32", NULL},
        {"1:0:0:2:0:0:0:3", "1:0:0:2::3", "1:0:0:2::3/128"},
        {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7/128"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0/128"},
        {"1:2:3:4:5:6::", "1:2:3:4:5:6::", "1:2:3:4:5:6::/128"},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4", "::ffff:1.2.3.4/128"},
        {"::ffff:0102:0304", "::ffff:1.2.3.4", "::ffff:1.2.3.4/128"},
        {"::1.2.3.4", "::1.2.3.4", "::1.2.3.4/128"},
        {"::fffe:1.2.3.4", "::fffe:102:304", "::fffe:102:304/128"},
        {"1::1.2.3.4", "1::102:304", "1::102:304/128"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", "1:2:3:4:5:6:102:304/128"},
    };

    for (size_t i = 0; i < N(cases); i++)
        for (int is_cidr = 0; is_cidr < 2; is_cidr++) {
            const char       *wanted = is_cidr ? cases[i].cidr : cases[i].inet;
            unsigned char     wire[MIG__INET_WIRE_MAX];
            char              text[MIG__INET_TEXT_MAX] = "";
            size_t            len = 0;
            mig__inet_verdict verdict =
                mig__inet_parse(cases[i].text, strlen(cases[i].text), is_cidr, wire, &len);

            cr_expect_eq(verdict, wanted == NULL ? MIG__INET_HOST_BITS : MIG__INET_OK, "%s",
                         cases[i].text);
            if (wanted == NULL)
                continue;
            cr_expect_eq(mig__inet_format(wire, len, text), strlen(wanted), "%s", cases[i].text);
            cr_expect_str_eq(text, wanted);
        }
}

Test(netaddr, refuses_what_is_no_address)
{
    static const char *const texts[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/08",
        "1.2.3.4/-1",
        "1.2.3.4/8/8",
        "1.2.3.4 ",
        " 1.2.3.4",
        "10/8",
        "0x1.2.3.4",
        "1.2.3.4a",
        ":",
        ":1",
        "1:",
        ":::",
        "1:2:3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "1::2::3",
        "12345::",
        "g::",
        "::1/129",
        "::1/",
        "::1%eth0",
        "fe80::1%1/64",
        "::1.2.3",
        "::1.2.3.4.5",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "::1.2.3.256",
        "[::1]",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7:8::9",
        "/8",
        "::/",
        "1:2:3:4:5:6:7:8:1.2.3.4",
    };

    for (size_t i = 0; i < N(texts); i++) {
        unsigned char wire[MIG__INET_WIRE_MAX];
        size_t        len;

        cr_expect_eq(mig__inet_parse(texts[i], strlen(texts[i]), false, wire, &len),
                     MIG__INET_MALFORMED, "taken: \"%s\"", texts[i]);
    }
}

Test(netaddr, says_when_wire_bytes_of_inet_are_malformed)
{
    static const struct {
        size_t        len;
        unsigned char bytes[20];
    } cases[] = {
        {3, {2, 32, 0}},
        {7, {2, 32, 0, 4, 1, 2, 3}},
        {8, {4, 32, 0, 4, 1, 2, 3, 4}},
        {8, {2, 33, 0, 4, 1, 2, 3, 4}},
        {8, {2, 32, 2, 4, 1, 2, 3, 4}},
        {8, {2, 32, 0, 16, 1, 2, 3, 4}},
        {8, {3, 32, 0, 4, 1, 2, 3, 4}},
        {20, {3, 129, 0, 16}},
    };
    char text[MIG__INET_TEXT_MAX];

    for (size_t i = 0; i < N(cases); i++)
        cr_expect_eq(mig__inet_format(cases[i].bytes, cases[i].len, text), 0, "%zu", i);
}

Test(netaddr, reads_hardware_addresses_in_the_usual_forms)
{
    static const char *const six[] = {
        "08:00:2b:01:02:03", "08-00-2B-01-02-03", "08002b:010203", "08002b-010203",
        "0800.2b01.0203",    "0800-2b01-0203",    "08002b010203",
    };
    static const char *const eight[] = {
        "08:00:2b:01:02:03:04:05", "08-00-2b-01-02-03-04-05", "08002b:0102030405",
        "08002b-0102030405",       "0800.2b01.0203.0405",     "0800-2b01-0203-0405",
        "08002b01:02030405",       "08002B0102030405",
    };
    static const unsigned char bytes[] = {0x08, 0x00, 0x2b, 0x01, 0x02, 0x03, 0x04, 0x05};
    unsigned char              mac[8];
    char                       text[MIG__MAC_TEXT_MAX];

    for (size_t i = 0; i < N(six); i++) {
        cr_expect(mig__mac_parse(six[i], strlen(six[i]), mac, 6), "%s", six[i]);
        cr_expect_arr_eq(mac, bytes, 6, "%s", six[i]);
    }
    for (size_t i = 0; i < N(eight); i++) {
        cr_expect(mig__mac_parse(eight[i], strlen(eight[i]), mac, 8), "%s", eight[i]);
        cr_expect_arr_eq(mac, bytes, 8, "%s", eight[i]);
    }
    cr_expect_eq(mig__mac_format(bytes, 6, text), 17);
    cr_expect_str_eq(text, "08:00:2b:01:02:03");
    cr_expect_eq(mig__mac_format(bytes, 8, text), 23);
    cr_expect_str_eq(text, "08:00:2b:01:02:03:04:05");
}

Test(netaddr, refuses_other_hardware_addresses)
{
    static const char *const texts[] = {
        "",
        "08:00:2b:01:02",
        "08:00:2b:01:02:03:04",
        "08:00:2b:01:02:0",
        "8:0:2b:1:2:3",
        "08:00-2b:01:02:03",
        "08:00:2b:01:02:03 ",
        " 08:00:2b:01:02:03",
        "08002b01020",
        "08002b0102030",
        "0800:2b01:0203",
        "08.00.2b.01.02.03",
        "08002b01:0203",
        "08:00:2b:01:02:0g",
        ":08002b010203",
        "08002b:010203:",
    };
    unsigned char mac[8];

    for (size_t i = 0; i < N(texts); i++) {
        cr_expect_not(mig__mac_parse(texts[i], strlen(texts[i]), mac, 6), "6: \"%s\"", texts[i]);
        cr_expect_not(mig__mac_parse(texts[i], strlen(texts[i]), mac, 8), "8: \"%s\"", texts[i]);
    }
    /* One length is not the other. */
    cr_expect_not(mig__mac_parse("08:00:2b:01:02:03", 17, mac, 8));
    cr_expect_not(mig__mac_parse("08:00:2b:01:02:03:04:05", 23, mac, 6));
}
