/*
 * options_help.c - the text of --help.
 *
 * The options come from the table that also drives parsing, broken into lines
 * here; what stands around them is written by hand to fit 80 columns.
 */
#include "options.h"

#include <string.h>

#define COMMAND_NAME "db-migrate"

#define COLUMNS     80
#define HELP_COLUMN 8 /* where the explanation of an option begins, on a line below its name */

typedef enum scope { GLOBAL, COMMAND } scope;

static const struct option_text {
    const char *name;
    char        letter; /* or 0 */
    scope       scope;
    const char *value; /* or NULL */
    const char *help;
} texts[] = {
#define OPTION_TEXT(id, name, letter, scope, value, help) {name, letter, scope, value, help},
    MIG_OPTION_MAP(OPTION_TEXT)
#undef OPTION_TEXT
};

/* Words, on lines that are indented and end before COLUMNS. */
static void
add_wrapped(mig_buf *out, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (column > 0 && column + 1 + len > COLUMNS) {
            mig_buf_puts(out, "\n");
            column = 0;
        }
        if (column == 0) {
            mig_buf_printf(out, "%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else {
            mig_buf_puts(out, " ");
            column++;
        }
        mig_buf_add(out, text, len);
        column += len;
        text += len + strspn(text + len, " ");
    }
    mig_buf_puts(out, "\n");
}

static void
add_options(mig_buf *out, scope which)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct option_text *option = &texts[i];

        if (option->scope != which)
            continue;
        mig_buf_puts(out, "  ");
        if (option->letter != 0)
            mig_buf_printf(out, "-%c, ", option->letter);
        mig_buf_printf(out, "--%s", option->name);
        if (option->value != NULL) {
            const char *more = strstr(option->value, "...");
            size_t      len = more != NULL ? (size_t)(more - option->value) : strlen(option->value);

            mig_buf_printf(out, " <%.*s>%s", (int)len, option->value, more != NULL ? more : "");
        }
        mig_buf_puts(out, "\n");
        add_wrapped(out, option->help);
    }
}

static const char url_text[] =
    "\n"
    "Database URLs:\n"
    "  sqlite:///var/lib/app/app.db            an SQLite file, by its absolute path\n"
    "  sqlite://app.db                         the same, relative to this folder\n"
    "  sqlite://app.db?mode=rwc                a target that may be made anew\n"
    "  postgresql://user:password@host/name    PostgreSQL, as libpq takes it; also\n"
    "                                          postgres://\n"
    "  env:NAME                                the URL is in this variable\n"
    "  file:PATH                               the URL is the first line of this file\n"
    "  Arguments can be seen by every user of the machine while the program starts:\n"
    "  a URL with a password is better kept in a file or left to ~/.pgpass.\n";

static const char status_text[] =
    "\n"
    "Exit status:\n"
    "  0    everything was copied and verified\n"
    "  1    it failed\n"
    "  2    the command line is wrong\n"
    "  3    source and target differ after the copy\n"
    "  4    refused: the target holds data, or the question was not answered \"yes\"\n"
    "  130  stopped by SIGINT\n"
    "  143  stopped by SIGTERM\n";

void
mig__options_help(mig_buf *out, const char *program)
{
    bool        alone = strcmp(program, COMMAND_NAME) == 0;
    const char *command = alone ? "" : " " COMMAND_NAME;

    mig_buf_printf(out, "Usage: %s%s [OPTIONS]\n", program,
                   alone ? "" : " [GLOBAL OPTIONS] " COMMAND_NAME);
    mig_buf_puts(out, "\n"
                      "Copies all data from one database to another. The target's tables are made\n"
                      "first where they are missing, its old data is erased, and after the copy\n"
                      "every table is counted on both sides. The source is never modified.\n"
                      "\n"
                      "Options:\n");
    add_options(out, COMMAND);
    mig_buf_puts(out, alone ? "\nFurther options:\n"
                            : "\nGlobal options (before or behind " COMMAND_NAME "):\n");
    add_options(out, GLOBAL);
    mig_buf_puts(out, url_text);
    mig_buf_printf(out,
                   "\n"
                   "Examples:\n"
                   "  An Uptrakit installation from SQLite to PostgreSQL:\n"
                   "    %s --master-key-file /etc/uptrakit/master.key%s \\\n"
                   "        --source-db sqlite:///var/lib/uptrakit/uptrakit.db \\\n"
                   "        --target-db postgresql://uptrakit:password@localhost:5432/uptrakit\n"
                   "  From a script, with the password out of sight:\n"
                   "    %s%s --schema existing --yes \\\n"
                   "        --source-db sqlite://app.db --target-db file:target.url\n",
                   program, command, program, command);
    mig_buf_puts(out, status_text);
}
