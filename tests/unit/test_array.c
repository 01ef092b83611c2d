/*
 * test_array.c - arrays of JSON as PostgreSQL's.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/wire/array.h"

static const struct {
    const char *json;
    const char *literal; /* NULL: refused */
} cases[] = {
    {"[]", "{}"},
    {" [ 1 , 2 ] ", "{1,2}"},
    {"[1.50, -2e3, true, false, null]", "{1.50,-2e3,true,false,NULL}"},
    {"[\"a\", \"\", \"null\"]", "{\"a\",\"\",\"null\"}"},
    {"[\"a,b\", \"{x}\", \"q\\\"q\", \"b\\\\s\"]", "{\"a,b\",\"{x}\",\"q\\\"q\",\"b\\\\s\"}"},
    {"[\"\\n\\t\\/\", \"\\u00e9\\ud83d\\ude00\"]", "{\"\n\t/\",\"\xc3\xa9\xf0\x9f\x98\x80\"}"},
    {"[\"\\u0022\\u005c\"]", "{\"\\\"\\\\\"}"},
    {"[[1, 2], [3, null]]", "{{1,2},{3,NULL}}"},
    {"[{\"a\": [1, \"}\"]}, {}]", "{\"{\\\"a\\\": [1, \\\"}\\\"]}\",\"{}\"}"},
    {"{\"a\": 1}", NULL},
    {"1", NULL},
    {"[1,", NULL},
    {"[1] x", NULL},
    {"[\"\\u0000\"]", NULL},
    {"", NULL},
};

Test(array, json_becomes_the_servers_text_form)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mig_buf out = MIG_BUF_INIT;
        bool    ok = mig__array_from_json(cases[i].json, strlen(cases[i].json), &out);

        cr_expect_eq(ok, cases[i].literal != NULL, "%s", cases[i].json);
        if (ok && cases[i].literal != NULL)
            cr_expect_str_eq(mig_buf_text(&out), cases[i].literal);
        mig_buf_fini(&out);
    }
}
