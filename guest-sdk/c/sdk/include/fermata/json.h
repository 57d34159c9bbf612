/*
 * JSON, read strictly and written compactly.
 *
 * Values are trees that belong to the job. Reading functions take NULL for a value that is not there and answer as for
 * a value of another kind, so that look-ups can be chained:
 *
 *     const char *city = fermata_json_as_text(fermata_json_get(fermata_json_get(order, "address"), "city"));
 *
 * Numbers keep the digits that they came with: what is only passed on loses nothing.
 */
#ifndef FERMATA_JSON_H
#define FERMATA_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fermata/error.h>

/* How long a text that is read may be. */
#define FERMATA_JSON_BYTES_MAX (16u * 1024 * 1024)

/* How deeply arrays and objects may be nested. */
#define FERMATA_JSON_DEPTH_MAX 128

/* What a value is. */
typedef enum fermata_json_kind {
    FERMATA_JSON_NULL,
    FERMATA_JSON_BOOL,
    FERMATA_JSON_NUMBER,
    FERMATA_JSON_TEXT,
    FERMATA_JSON_ARRAY,
    FERMATA_JSON_OBJECT,
} fermata_json_kind;

/* A value, with all that is in it. */
typedef struct fermata_json fermata_json;

/* Reads one value (RFC 8259, UTF-8). The message of an error names the byte where it went wrong. */
fermata_json *fermata_json_parse(const char *text, size_t bytes, fermata_error *error);

/* Writes a value; NULL is written as `null`. */
const char *fermata_json_write(const fermata_json *value);

/* ---- looking ---- */

/* NULL is of no kind. */
bool fermata_json_is(const fermata_json *value, fermata_json_kind kind);

/* The member of an object, NULL where there is none. Of a repeated name the last one counts. */
const fermata_json *fermata_json_get(const fermata_json *object, const char *name);

/* The members of an object or the items of an array, one after the other:
 *
 *     for (const fermata_json *item = fermata_json_first(list); item != NULL; item = fermata_json_next(item))
 */
const fermata_json *fermata_json_first(const fermata_json *container);
const fermata_json *fermata_json_next(const fermata_json *item);
size_t fermata_json_count(const fermata_json *container);

/* The name of a member, NULL for any other value. */
const char *fermata_json_name(const fermata_json *member);

/* The text; NULL for any other value, and for a text with a zero byte in it, which C would cut off. */
const char *fermata_json_as_text(const fermata_json *value);

/* A number without a fraction that fits, however it is written: 712, 712.0 and 7.12e2 are the same. */
bool fermata_json_as_int64(const fermata_json *value, int64_t *number);

/* The nearest number; false when there is none, as for 1e999. */
bool fermata_json_as_double(const fermata_json *value, double *number);

bool fermata_json_as_bool(const fermata_json *value, bool *truth);

/* Whether both are the same; numbers by their digits' meaning as doubles, objects whatever their order. */
bool fermata_json_equal(const fermata_json *left, const fermata_json *right);

/* ---- making ---- */

fermata_json *fermata_json_null(void);
fermata_json *fermata_json_bool(bool truth);
fermata_json *fermata_json_int64(int64_t number);
/* JSON knows no infinity and no NaN: they become null. */
fermata_json *fermata_json_double(double number);
/* A copy of the text; NULL becomes null. Bytes that are not UTF-8 are replaced by U+FFFD. */
fermata_json *fermata_json_text(const char *text);
fermata_json *fermata_json_array(void);
fermata_json *fermata_json_object(void);

/* Sets a member of an object to a copy of the value, in place of an earlier one, and returns the object.
 * A value of another kind than an object stays as it is. */
fermata_json *fermata_json_set(fermata_json *object, const char *name, const fermata_json *value);
fermata_json *fermata_json_set_bool(fermata_json *object, const char *name, bool truth);
fermata_json *fermata_json_set_int64(fermata_json *object, const char *name, int64_t number);
fermata_json *fermata_json_set_double(fermata_json *object, const char *name, double number);
fermata_json *fermata_json_set_text(fermata_json *object, const char *name, const char *text);

/* Adds a copy of the value to the end of an array and returns the array. */
fermata_json *fermata_json_add(fermata_json *array, const fermata_json *value);

#endif
