#include <string.h>

#include "sdk_test.h"

#define EACH(index, array) for (size_t index = 0; index < sizeof(array) / sizeof *(array); index++)

static fermata_json *parse(const char *text) {
    fermata_error error;
    fermata_json *value = fermata_json_parse(text, strlen(text), &error);
    if (value == NULL) fermata_test_fail(__FILE__, __LINE__, "%s: %s", text, error.message);
    return value;
}

static void valid_texts_are_written_as_they_were_read(void) {
    static const char *const texts[] = {
        "null", "true", "false", "0", "-0", "12345678901234567890.5", "1e+5", "-2.5E-3", "\"\"", "[]", "{}",
        "[1,[2,[3]],{\"a\":null}]", "{\"a\":{\"b\":[true,false]},\"c\":\"d\"}", "\"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80\"",
        "\"quote \\\" backslash \\\\ line \\n\"", "{\"\":1}",
    };
    EACH(index, texts) FERMATA_EXPECT_TEXT(fermata_json_write(parse(texts[index])), texts[index]);
    FERMATA_EXPECT_TEXT(fermata_json_write(parse(" [ 1 ,\t{ \"a\" :\r\n2 } ] ")), "[1,{\"a\":2}]");
    FERMATA_EXPECT_TEXT(fermata_json_write(parse("\"\\u00fc\\ud83d\\ude00\\/\\b\\u0000\"")),
                        "\"\xc3\xbc\xf0\x9f\x98\x80/\\u0008\\u0000\"");
}

static void other_texts_are_refused_with_their_place(void) {
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "not JSON at byte 0: expected a value"},
        {"nul", "not JSON at byte 0: expected a value"},
        {"01", "not JSON at byte 1: something follows after the value"},
        {"+1", "not JSON at byte 0: expected a value"},
        {"1.", "not JSON at byte 2: expected a digit after the point"},
        {"1e", "not JSON at byte 2: expected a digit of the exponent"},
        {"-", "not JSON at byte 1: expected a digit"},
        {"[1,]", "not JSON at byte 3: expected a value"},
        {"[1 2]", "not JSON at byte 3: expected `,` or `]`"},
        {"{\"a\" 1}", "not JSON at byte 5: expected `:`"},
        {"{a:1}", "not JSON at byte 1: expected `\"`"},
        {"{\"a\":1", "not JSON at byte 6: expected `,` or `}`"},
        {"\"abc", "not JSON at byte 4: the text has no end"},
        {"\"a\nb\"", "not JSON at byte 2: a control character in a text must be escaped"},
        {"\"\\x\"", "not JSON at byte 2: unknown escape"},
        {"\"\\u12g4\"", "not JSON at byte 5: expected four hexadecimal digits after \\u"},
        {"\"\\ud83d\"", "not JSON at byte 7: half of a surrogate pair"},
        {"\"\\ude00\"", "not JSON at byte 7: half of a surrogate pair"},
        {"\"\xff\"", "not JSON at byte 1: not UTF-8"},
        {"\"\xc0\xaf\"", "not JSON at byte 1: not UTF-8"},
        {"\"\xed\xa0\x80\"", "not JSON at byte 1: not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "not JSON at byte 1: not UTF-8"},
        {"null null", "not JSON at byte 5: something follows after the value"},
    };
    EACH(index, cases) {
        fermata_error error;
        const char *text = cases[index].text;
        FERMATA_EXPECT(fermata_json_parse(text, strlen(text), &error) == NULL);
        FERMATA_EXPECT(error.kind == FERMATA_UNEXPECTED_JSON);
        FERMATA_EXPECT_TEXT(error.message, cases[index].message);
    }
    FERMATA_EXPECT(fermata_json_parse("[", 1, NULL) == NULL);
}

static void a_text_is_cut_off_nowhere_else_than_told(void) {
    const char *text = "{\"a\": [1, \"\\u00fc\\ud83d\\ude00\", true, -1.5e3, null]}";
    for (size_t bytes = 0; bytes < strlen(text); bytes++) {
        /* In memory of its own, so that reading beyond it is found. */
        char *copy = fermata_alloc(bytes + 1);
        memcpy(copy, text, bytes);
        copy[bytes] = '}';
        FERMATA_EXPECT(fermata_json_parse(copy, bytes, NULL) == NULL);
    }
    FERMATA_EXPECT(fermata_json_parse(text, strlen(text), NULL) != NULL);
}

static void nesting_has_a_limit(void) {
    char text[2 * FERMATA_JSON_DEPTH_MAX + 3];
    fermata_error error;
    memset(text, '[', FERMATA_JSON_DEPTH_MAX);
    memset(text + FERMATA_JSON_DEPTH_MAX, ']', FERMATA_JSON_DEPTH_MAX);
    FERMATA_EXPECT(fermata_json_parse(text, 2 * FERMATA_JSON_DEPTH_MAX, NULL) != NULL);
    memset(text, '[', FERMATA_JSON_DEPTH_MAX + 1);
    memset(text + FERMATA_JSON_DEPTH_MAX + 1, ']', FERMATA_JSON_DEPTH_MAX + 1);
    FERMATA_EXPECT(fermata_json_parse(text, 2 * FERMATA_JSON_DEPTH_MAX + 2, &error) == NULL);
    FERMATA_EXPECT_TEXT(error.message, "not JSON at byte 128: nested too deeply");
}

static void whole_numbers_are_told_apart_however_they_are_written(void) {
    static const struct {
        const char *text;
        bool is_whole;
        int64_t number;
    } cases[] = {
        {"712", true, 712},
        {"712.0", true, 712},
        {"7.12e2", true, 712},
        {"71200e-2", true, 712},
        {"-0", true, 0},
        {"0.000e999999999999", true, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"1e18", true, INT64_C(1000000000000000000)},
        {"1e19", false, 0},
        {"1e999999999999", false, 0},
        {"1.5", false, 0},
        {"1e-999999999999", false, 0},
        {"\"1\"", false, 0},
        {"true", false, 0},
    };
    EACH(index, cases) {
        int64_t number = 0;
        bool is_whole = fermata_json_as_int64(parse(cases[index].text), &number);
        if (is_whole != cases[index].is_whole || number != cases[index].number)
            fermata_test_fail(__FILE__, __LINE__, "%s", cases[index].text);
    }
    double real;
    FERMATA_EXPECT(fermata_json_as_double(parse("2.5"), &real) && real == 2.5);
    FERMATA_EXPECT(!fermata_json_as_double(parse("1e999"), &real));
}

static void look_ups_of_what_is_not_there_can_be_chained(void) {
    const fermata_json *order = parse("{\"a\": {\"b\": \"c\"}, \"n\": 1, \"n\": 2, \"zero\": \"x\\u0000y\"}");
    FERMATA_EXPECT_TEXT(fermata_json_as_text(fermata_json_get(fermata_json_get(order, "a"), "b")), "c");
    FERMATA_EXPECT(fermata_json_get(fermata_json_get(fermata_json_get(order, "x"), "y"), "z") == NULL);
    FERMATA_EXPECT(fermata_json_as_text(fermata_json_get(order, "n")) == NULL);
    FERMATA_EXPECT(fermata_json_as_text(fermata_json_get(order, "zero")) == NULL);
    FERMATA_EXPECT_JSON(fermata_json_get(order, "n"), "2");
    FERMATA_EXPECT(fermata_json_count(order) == 4 && fermata_json_count(NULL) == 0);
    FERMATA_EXPECT_TEXT(fermata_json_name(fermata_json_first(order)), "a");
    FERMATA_EXPECT(fermata_json_next(fermata_json_first(fermata_json_get(order, "a"))) == NULL);
}

static void values_are_made_of_copies(void) {
    fermata_json *inner = fermata_json_set_int64(fermata_json_object(), "a", 1);
    fermata_json *outer = fermata_json_set(fermata_json_object(), "inner", inner);
    fermata_json_set(inner, "self", outer);
    fermata_json_set_text(outer, "text", "\xc3\xbc\xff");
    fermata_json_set_double(outer, "tenth", 0.1);
    fermata_json_set_double(outer, "nan", 0.0 / (outer == NULL ? 1.0 : 0.0));
    fermata_json_set(outer, "list", fermata_json_add(fermata_json_add(fermata_json_array(), NULL), inner));
    fermata_json_set_bool(outer, "inner", true);
    FERMATA_EXPECT_TEXT(fermata_json_write(outer),
                        "{\"inner\":true,\"text\":\"\xc3\xbc\xef\xbf\xbd\",\"tenth\":0.1,\"nan\":null,"
                        "\"list\":[null,{\"a\":1,\"self\":{\"inner\":{\"a\":1}}}]}");
    fermata_json_set_text(outer, "list", NULL);
    fermata_json_set_int64(outer, "last", INT64_MIN);
    FERMATA_EXPECT_JSON(fermata_json_get(outer, "last"), "-9223372036854775808");
    FERMATA_EXPECT(fermata_json_set(inner, "b", NULL) == inner && fermata_json_set(NULL, "b", NULL) == NULL);
}

static void equality_knows_no_order_of_members(void) {
    FERMATA_EXPECT_JSON(parse("{\"a\": 1, \"b\": [1.0, \"x\"]}"), "{\"b\": [1, \"x\"], \"a\": 1e0}");
    FERMATA_EXPECT(!fermata_json_equal(parse("[1,2]"), parse("[2,1]")));
    FERMATA_EXPECT(!fermata_json_equal(parse("{\"a\":1}"), parse("{\"a\":1,\"b\":2}")));
    FERMATA_EXPECT(!fermata_json_equal(parse("{\"a\":1}"), parse("{\"b\":1}")));
    FERMATA_EXPECT(!fermata_json_equal(parse("\"1\""), parse("1")));
    FERMATA_EXPECT(!fermata_json_equal(NULL, parse("null")) && fermata_json_equal(NULL, NULL));
}

void json_tests(void) {
    FERMATA_TEST(valid_texts_are_written_as_they_were_read);
    FERMATA_TEST(other_texts_are_refused_with_their_place);
    FERMATA_TEST(a_text_is_cut_off_nowhere_else_than_told);
    FERMATA_TEST(nesting_has_a_limit);
    FERMATA_TEST(whole_numbers_are_told_apart_however_they_are_written);
    FERMATA_TEST(look_ups_of_what_is_not_there_can_be_chained);
    FERMATA_TEST(values_are_made_of_copies);
    FERMATA_TEST(equality_knows_no_order_of_members);
}
