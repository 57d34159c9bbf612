#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "json_value.h"
#include "utf8.h"

typedef struct reader {
    const char *text;
    size_t bytes;
    size_t at;
    /* What is wrong at `at`; NULL as long as nothing is. */
    const char *wrong;
} reader;

static fermata_json *read_value(reader *reader, unsigned depth);

static fermata_json *wrong(reader *reader, const char *what) {
    if (reader->wrong == NULL) reader->wrong = what;
    return NULL;
}

static int peek(const reader *reader) {
    return reader->at < reader->bytes ? (unsigned char)reader->text[reader->at] : -1;
}

static bool take(reader *reader, char expected) {
    if (peek(reader) != expected) return false;
    reader->at++;
    return true;
}

static void skip_space(reader *reader) {
    while (peek(reader) == ' ' || peek(reader) == '\n' || peek(reader) == '\r' || peek(reader) == '\t') reader->at++;
}

static size_t skip_digits(reader *reader) {
    size_t from = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9') reader->at++;
    return reader->at - from;
}

static fermata_json *read_word(reader *reader, const char *word, fermata_json *value) {
    size_t length = strlen(word);
    if (reader->bytes - reader->at < length || memcmp(reader->text + reader->at, word, length) != 0)
        return wrong(reader, "expected a value");
    reader->at += length;
    return value;
}

static fermata_json *read_number(reader *reader) {
    size_t from = reader->at;
    take(reader, '-');
    if (!take(reader, '0') && skip_digits(reader) == 0) return wrong(reader, "expected a digit");
    if (take(reader, '.') && skip_digits(reader) == 0) return wrong(reader, "expected a digit after the point");
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '-')) take(reader, '+');
        if (skip_digits(reader) == 0) return wrong(reader, "expected a digit of the exponent");
    }
    fermata_json *number = sdk_json_new(FERMATA_JSON_NUMBER);
    number->text.bytes = sdk_copy(reader->text + from, reader->at - from);
    number->text.count = reader->at - from;
    return number;
}

static bool read_hex(reader *reader, uint32_t *unit) {
    *unit = 0;
    for (int digit = 0; digit < 4; digit++) {
        int next = peek(reader);
        uint32_t value = next >= '0' && next <= '9' ? (uint32_t)next - '0'
                       : next >= 'a' && next <= 'f' ? (uint32_t)next - 'a' + 10
                       : next >= 'A' && next <= 'F' ? (uint32_t)next - 'A' + 10 : 16;
        if (value == 16) {
            wrong(reader, "expected four hexadecimal digits after \\u");
            return false;
        }
        *unit = *unit * 16 + value;
        reader->at++;
    }
    return true;
}

static void append_utf8(sdk_buffer *buffer, uint32_t character) {
    char bytes[4];
    size_t count;
    if (character < 0x80) {
        bytes[0] = (char)character;
        count = 1;
    } else if (character < 0x800) {
        bytes[0] = (char)(0xc0 | character >> 6);
        count = 2;
    } else if (character < 0x10000) {
        bytes[0] = (char)(0xe0 | character >> 12);
        count = 3;
    } else {
        bytes[0] = (char)(0xf0 | character >> 18);
        count = 4;
    }
    for (size_t index = 1; index < count; index++)
        bytes[index] = (char)(0x80 | (character >> 6 * (count - 1 - index) & 0x3f));
    sdk_append(buffer, bytes, count);
}

static bool read_unicode_escape(reader *reader, sdk_buffer *buffer) {
    uint32_t unit, low;
    if (!read_hex(reader, &unit)) return false;
    if (unit >= 0xd800 && unit <= 0xdfff) {
        bool has_low = unit <= 0xdbff && take(reader, '\\') && take(reader, 'u') && read_hex(reader, &low) &&
                       low >= 0xdc00 && low <= 0xdfff;
        if (!has_low) {
            wrong(reader, "half of a surrogate pair");
            return false;
        }
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(buffer, unit);
    return true;
}

static bool read_escape(reader *reader, sdk_buffer *buffer) {
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (take(reader, 'u')) return read_unicode_escape(reader, buffer);
    int letter = peek(reader);
    const char *found = letter <= 0 ? NULL : strchr(letters, letter);
    if (found == NULL) {
        wrong(reader, "unknown escape");
        return false;
    }
    sdk_append(buffer, meanings + (found - letters), 1);
    reader->at++;
    return true;
}

/* Reads a text whose opening quote is next. */
static bool read_text(reader *reader, const char **bytes, size_t *count) {
    sdk_buffer buffer = {0};
    if (!take(reader, '"')) return wrong(reader, "expected `\"`") != NULL;
    while (!take(reader, '"')) {
        int next = peek(reader);
        if (next < 0) return wrong(reader, "the text has no end") != NULL;
        if (next < 0x20) return wrong(reader, "a control character in a text must be escaped") != NULL;
        if (take(reader, '\\')) {
            if (!read_escape(reader, &buffer)) return false;
            continue;
        }
        /* Plain characters are taken in one go. */
        size_t from = reader->at;
        while (peek(reader) >= 0x20 && peek(reader) != '"' && peek(reader) != '\\') {
            size_t length = sdk_utf8_length(reader->text + reader->at, reader->bytes - reader->at);
            if (length == 0) return wrong(reader, "not UTF-8") != NULL;
            reader->at += length;
        }
        sdk_append(&buffer, reader->text + from, reader->at - from);
    }
    *bytes = sdk_text_of(&buffer);
    *count = buffer.count;
    return true;
}

static fermata_json *read_items(reader *reader, unsigned depth) {
    fermata_json *array = sdk_json_new(FERMATA_JSON_ARRAY);
    skip_space(reader);
    if (take(reader, ']')) return array;
    do {
        fermata_json *item = read_value(reader, depth);
        if (item == NULL) return NULL;
        sdk_json_attach(array, item);
        skip_space(reader);
    } while (take(reader, ','));
    return take(reader, ']') ? array : wrong(reader, "expected `,` or `]`");
}

static fermata_json *read_members(reader *reader, unsigned depth) {
    fermata_json *object = sdk_json_new(FERMATA_JSON_OBJECT);
    skip_space(reader);
    if (take(reader, '}')) return object;
    do {
        const char *name;
        size_t name_bytes;
        skip_space(reader);
        if (!read_text(reader, &name, &name_bytes)) return NULL;
        skip_space(reader);
        if (!take(reader, ':')) return wrong(reader, "expected `:`");
        fermata_json *value = read_value(reader, depth);
        if (value == NULL) return NULL;
        value->name = name;
        value->name_bytes = name_bytes;
        sdk_json_attach(object, value);
        skip_space(reader);
    } while (take(reader, ','));
    return take(reader, '}') ? object : wrong(reader, "expected `,` or `}`");
}

static fermata_json *read_value(reader *reader, unsigned depth) {
    skip_space(reader);
    switch (peek(reader)) {
    case 'n':
        return read_word(reader, "null", fermata_json_null());
    case 't':
        return read_word(reader, "true", fermata_json_bool(true));
    case 'f':
        return read_word(reader, "false", fermata_json_bool(false));
    case '"': {
        fermata_json *text = sdk_json_new(FERMATA_JSON_TEXT);
        return read_text(reader, &text->text.bytes, &text->text.count) ? text : NULL;
    }
    case '[':
    case '{': {
        if (depth == FERMATA_JSON_DEPTH_MAX) return wrong(reader, "nested too deeply");
        bool is_object = peek(reader) == '{';
        reader->at++;
        return is_object ? read_members(reader, depth + 1) : read_items(reader, depth + 1);
    }
    case '-':
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return read_number(reader);
    default:
        return wrong(reader, "expected a value");
    }
}

fermata_json *fermata_json_parse(const char *text, size_t bytes, fermata_error *error) {
    if (bytes > FERMATA_JSON_BYTES_MAX) {
        sdk_fail(error, FERMATA_TOO_LARGE, "JSON of %zu bytes; %u are the limit", bytes, FERMATA_JSON_BYTES_MAX);
        return NULL;
    }
    reader reader = {.text = text, .bytes = bytes};
    fermata_json *value = read_value(&reader, 0);
    if (value != NULL) {
        skip_space(&reader);
        if (reader.at < bytes) value = wrong(&reader, "something follows after the value");
    }
    if (value == NULL) sdk_fail(error, FERMATA_UNEXPECTED_JSON, "not JSON at byte %zu: %s", reader.at, reader.wrong);
    return value;
}
