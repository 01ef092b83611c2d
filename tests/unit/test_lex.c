/*
 * test_lex.c - SQL texts and their tokens.
 */
#include "../../src/schema/lex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The tokens as text: a letter for the kind, then what it stands for, in brackets. */
static const char *
tokens(mig_dialect dialect, const char *text)
{
    static const char letters[] = "?nqsbiN$op!";
    static mig_buf    out = MIG_BUF_INIT;
    mig_lexer         lexer;
    mig_token         token;
    size_t            last = 0;

    mig_buf_clear(&out);
    mig__lex_init(&lexer, dialect, text);
    for (;;) {
        mig__lex_next(&lexer, &token);
        if (token.kind == MIG_TOKEN_END)
            break;
        cr_assert_gt(token.len, 0, "%s", text);
        cr_assert_geq(token.start, last, "%s", text);
        cr_assert_eq(token.text, text + token.start);
        last = token.start + token.len;
        cr_assert_leq(last, strlen(text), "%s", text);
        mig_buf_add(&out, &letters[token.kind], 1);
        mig_buf_puts(&out, "[");
        mig__token_text(&token, &out);
        mig_buf_puts(&out, "] ");
    }
    mig__lex_next(&lexer, &token);
    cr_assert_eq(token.kind, MIG_TOKEN_END);
    cr_assert_eq(token.start, strlen(text));
    return mig_buf_text(&out);
}

#define EXPECT(dialect, text, expected)                                                            \
    cr_expect_str_eq(tokens((dialect), (text)), (expected), "%s: %s", (text),                      \
                     tokens((dialect), (text)))
#define SQLITE(text, expected)   EXPECT(MIG_DIALECT_SQLITE, text, expected)
#define POSTGRES(text, expected) EXPECT(MIG_DIALECT_POSTGRES, text, expected)
#define BOTH(text, expected)                                                                       \
    do {                                                                                           \
        SQLITE(text, expected);                                                                    \
        POSTGRES(text, expected);                                                                  \
    } while (0)

Test(lex, names_and_quoted_names)
{
    SQLITE("Create _a1$ k\xc3\xa4se", "n[Create] n[_a1$] n[k\xc3\xa4se] ");
    POSTGRES("Create _A1$ K\xc3\x84se", "n[create] n[_a1$] n[k\xc3\x84se] ");
    BOTH("\"a\"\"b\"\"\"", "q[a\"b\"] ");
    SQLITE("`a``b`[c\"d]", "q[a`b] q[c\"d] ");
    BOTH("a.\"B c\".d", "n[a] p[.] q[B c] p[.] n[d] ");
    POSTGRES("a[1:2]", "n[a] p[[] N[1] o[:] N[2] p[]] ");
    BOTH("\"\"", "q[] ");
    BOTH("", "");
    BOTH(" \t\r\n\f", "");
    SQLITE("\v", "![\v] ");
    POSTGRES("\v", "");
}

Test(lex, strings)
{
    BOTH("'it''s'", "s[it's] ");
    BOTH("''''", "s['] ");
    BOTH("'a\\'", "s[a\\] ");
    BOTH("'--' '/*'", "s[--] s[/*] ");
    POSTGRES("E'a\\\\b\\n\\'c''' e'\\x41\\101\\u00e4\\U0001F600\\q'",
             "s[a\\b\n'c'] s[AA\xc3\xa4\xf0\x9f\x98\x80q] ");
    POSTGRES("$$it's$$ $a$ $$ $a$ $b$$b$", "s[it's] s[ $$ ] s[] ");
    SQLITE("X'00fF' x''", "b[00fF] b[] ");
    POSTGRES("X'0f1' b'01'", "i[0f1] i[01] ");
    POSTGRES("E '1'", "n[e] s[1] ");
}

Test(lex, numbers)
{
    BOTH("1 1.5 .5 5. 1e3 1.5E-3 2e+7 0x1Ff 1_000",
         "N[1] N[1.5] N[.5] N[5.] N[1e3] N[1.5E-3] N[2e+7] N[0x1Ff] N[1_000] ");
    BOTH("-1", "o[-] N[1] ");
    BOTH("1-1", "N[1] o[-] N[1] ");
    BOTH("1a 1e 0xg 1__0", "![1a] ![1e] ![0xg] ![1__0] ");
    POSTGRES("0o17 0b01", "N[0o17] N[0b01] ");
    BOTH("(1)", "p[(] N[1] p[)] ");
}

Test(lex, operators_are_the_longest_of_their_dialect)
{
    SQLITE(
        "a||b->>c->d<<e>>f<=g>=h<>i!=j==k=l",
        "n[a] o[||] n[b] o[->>] n[c] o[->] n[d] o[<<] n[e] o[>>] n[f] o[<=] n[g] o[>=] n[h] o[<>] "
        "n[i] o[!=] n[j] o[==] n[k] o[=] n[l] ");
    SQLITE("+-*/%&|~<>", "o[+] o[-] o[*] o[/] o[%] o[&] o[|] o[~] o[<>] ");
    SQLITE("a<-1", "n[a] o[<] o[-] N[1] ");
    POSTGRES(
        "a::int !~~* b ~* c !~ d @> e #>> f ? g <-> h := => :",
        "n[a] o[::] n[int] o[!~~*] n[b] o[~*] n[c] o[!~] n[d] o[@>] n[e] o[#>>] n[f] o[?] n[g] "
        "o[<->] n[h] o[:=] o[=>] o[:] ");
    POSTGRES("a<-1 a*-1 a@-1 a=--x\n1",
             "n[a] o[<] o[-] N[1] n[a] o[*] o[-] N[1] n[a] o[@-] N[1] n[a] "
             "o[=] N[1] ");
    POSTGRES("a+/* + */b", "n[a] o[+] n[b] ");
}

Test(lex, parameters)
{
    SQLITE("? ?12 :a @b $c #d", "$[?] $[?12] $[:a] $[@b] $[$c] $[#d] ");
    POSTGRES("$1 $12", "$[$1] $[$12] ");
    SQLITE(": !", "![:] ![!] ");
}

Test(lex, comments_are_no_tokens)
{
    BOTH("a -- b 'c\nd", "n[a] n[d] ");
    BOTH("a/* 'b */c", "n[a] n[c] ");
    BOTH("a -- b", "n[a] ");
    SQLITE("a/* /* */b", "n[a] n[b] ");
    POSTGRES("a/* /* */ */b", "n[a] n[b] ");
    BOTH("a/**/b/***/c", "n[a] n[b] n[c] ");
    SQLITE("a/*/*/b", "n[a] n[b] ");
    POSTGRES("a/*/*/b*/*/c", "n[a] n[c] ");
}

Test(lex, what_is_never_closed_is_bad)
{
    BOTH("a 'b", "n[a] !['b] ");
    BOTH("a \"b\"\"", "n[a] ![\"b\"\"] ");
    SQLITE("[a", "![[a] ");
    SQLITE("`a", "![`a] ");
    SQLITE("a /* b", "n[a] ");
    POSTGRES("a /* b", "n[a] ![/* b] ");
    POSTGRES("a /* /* b */", "n[a] ![/* /* b */] ");
    SQLITE("x'0' x'0g' x'00", "![x'0'] ![x'0g'] ![x'00] ");
    POSTGRES("$a$b", "![$a$b] ");
    POSTGRES("e'a\\", "![e'a\\] ");
    POSTGRES("e'a\\'", "![e'a\\'] ");
    POSTGRES("e'\\u12'", "![e'\\u12'] ");
    POSTGRES("U&'a' u&\"b\" N'c' U & 'd'", "![U&'a'] ![u&\"b\"] ![N'c'] n[u] o[&] s[d] ");
    SQLITE("]", "![]] ");
}

Test(lex, words_and_signs_are_compared_by_their_kind)
{
    mig_lexer lexer;
    mig_token token;

    mig__lex_init(&lexer, MIG_DIALECT_SQLITE, "nOt \"not\" || 'not'");
    mig__lex_next(&lexer, &token);
    cr_expect(mig__token_is(&token, "NOT"));
    cr_expect_not(mig__token_is(&token, "NO"));
    cr_expect_not(mig__token_is(&token, "NOTE"));
    mig__lex_next(&lexer, &token);
    cr_expect_not(mig__token_is(&token, "NOT"));
    mig__lex_next(&lexer, &token);
    cr_expect(mig__token_sign(&token, "||"));
    cr_expect_not(mig__token_sign(&token, "|"));
    mig__lex_next(&lexer, &token);
    cr_expect_not(mig__token_is(&token, "NOT"));
    cr_expect_not(mig__token_sign(&token, "'not'"));
}

/* From memory that ends where the text ends, so that reading on is seen by the sanitizer. */
Test(lex, any_text_comes_to_an_end)
{
    static const char alphabet[] = "aeExXuUbBnN01.'\"`[]$&|-/*\\ \n:?!+<>=_\xc3\xa4";
    unsigned          state = 1;

    for (int round = 0; round < 200000; round++) {
        size_t len = (size_t)round % 12;
        char  *text = malloc(len + 1);

        cr_assert_not_null(text);
        for (size_t i = 0; i < len; i++) {
            state = state * 1103515245u + 12345u;
            text[i] = alphabet[(state >> 16) % (sizeof alphabet - 1)];
        }
        text[len] = '\0';
        (void)tokens(MIG_DIALECT_SQLITE, text);
        (void)tokens(MIG_DIALECT_POSTGRES, text);
        free(text);
    }
}
