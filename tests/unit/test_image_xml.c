/*
 * test_image_xml.c - what stays of declarations.  The same table is held against a server by
 * tests/db/test_image_server.c.
 */
#include <criterion/criterion.h>

#include "../../src/wire/image.h"

static mig_buf out = MIG_BUF_INIT;

static void
fini(void)
{
    mig_buf_fini(&out);
}

TestSuite(image_xml, .fini = fini, .timeout = 20);

Test(image_xml, has_of_the_declaration_what_the_server_gives_back)
{
    static const char *const pairs[][2] = {
        {"<a/>", "<a/>"},
        {"", ""},
        {"<?xml version=\"1.0\"?><a/>", "<a/>"},
        {"<?xml version='1.0' encoding='UTF-8'?><a/>", "<a/>"},
        {"<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<a/>", "<a/>"},
        {"<?xml version=\"1.0\"?>\n\n<a/>", "\n<a/>"},
        {"<?xml version=\"1.0\"?> \n<a/>", " \n<a/>"},
        {"<?xml version=\"1.0\" standalone='yes'?>\n<a/>",
         "<?xml version=\"1.0\" standalone=\"yes\"?>\n<a/>"},
        {"<?xml\tversion = '1.0'\nstandalone = \"no\"?><a/>",
         "<?xml version=\"1.0\" standalone=\"no\"?><a/>"},
        {"<?xml version='1.1'?><a/>", "<?xml version=\"1.1\"?><a/>"},
        {"<?xml-stylesheet href='a'?><a/>", "<?xml-stylesheet href='a'?><a/>"},
        /* None that the server takes for one. */
        {"<?xml", "<?xml"},
        {"<?xml ", "<?xml "},
        {"<?xml ?><a/>", "<?xml ?><a/>"},
        {"<?xml version", "<?xml version"},
        {"<?xml version=", "<?xml version="},
        {"<?xml version=\"1.0", "<?xml version=\"1.0"},
        {"<?xml version=\"1.0\"", "<?xml version=\"1.0\""},
        {"<?xml version=\"1.0\"?", "<?xml version=\"1.0\"?"},
        {"<?xml version=\"1.0\"encoding='UTF-8'?><a/>",
         "<?xml version=\"1.0\"encoding='UTF-8'?><a/>"},
        {"<?xml version=\"1.0\" standalone='maybe'?><a/>",
         "<?xml version=\"1.0\" standalone='maybe'?><a/>"},
        {"<?xml version=\"1.\xc3\xa9\"?><a/>", "<?xml version=\"1.\xc3\xa9\"?><a/>"},
        {" <?xml version=\"1.0\"?><a/>", " <?xml version=\"1.0\"?><a/>"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        /* Once more: what the server gave back is its own image. */
        for (size_t side = 0; side < 2; side++) {
            mig_buf_clear(&out);
            cr_assert(mig_field_image(MIG_WIRE_XML, (const unsigned char *)pairs[i][side],
                                      (int32_t)strlen(pairs[i][side]), &out));
            cr_assert_str_eq(mig_buf_text(&out), pairs[i][1]);
        }
    }
}
