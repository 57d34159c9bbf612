#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_value.h"

/* Beyond this an exponent of a number that is not zero has no meaning in 64 bits. */
#define EXPONENT_MAX 100000

bool fermata_json_is(const fermata_json *value, fermata_json_kind kind) {
    return value != NULL && value->kind == kind;
}

bool sdk_json_is_container(const fermata_json *value) {
    return fermata_json_is(value, FERMATA_JSON_ARRAY) || fermata_json_is(value, FERMATA_JSON_OBJECT);
}

static const fermata_json *member(const fermata_json *object, const char *name, size_t name_bytes) {
    const fermata_json *found = NULL;
    if (!fermata_json_is(object, FERMATA_JSON_OBJECT)) return NULL;
    for (const fermata_json *item = object->items.first; item != NULL; item = item->next)
        if (item->name_bytes == name_bytes && memcmp(item->name, name, name_bytes) == 0) found = item;
    return found;
}

const fermata_json *fermata_json_get(const fermata_json *object, const char *name) {
    return member(object, name, strlen(name));
}

const fermata_json *fermata_json_first(const fermata_json *container) {
    return sdk_json_is_container(container) ? container->items.first : NULL;
}

const fermata_json *fermata_json_next(const fermata_json *item) {
    return item == NULL ? NULL : item->next;
}

size_t fermata_json_count(const fermata_json *container) {
    return sdk_json_is_container(container) ? container->items.count : 0;
}

const char *fermata_json_name(const fermata_json *member) {
    return member == NULL ? NULL : member->name;
}

const char *fermata_json_as_text(const fermata_json *value) {
    if (!fermata_json_is(value, FERMATA_JSON_TEXT)) return NULL;
    return memchr(value->text.bytes, '\0', value->text.count) == NULL ? value->text.bytes : NULL;
}

/* A number as digits times a power of ten; a valid JSON number is given. */
static void split(const char *number, char *digits, size_t *count, long *scale) {
    *count = 0;
    *scale = 0;
    bool is_fraction = false;
    for (; *number != '\0' && *number != 'e' && *number != 'E'; number++) {
        if (*number == '.') is_fraction = true;
        if (*number < '0' || *number > '9') continue;
        if (is_fraction && *scale > -EXPONENT_MAX) *scale -= 1;
        if (*count > 0 || *number != '0') digits[(*count)++] = *number;
    }
    if (*number != '\0') {
        long exponent = strtol(number + 1, NULL, 10);
        *scale += exponent > EXPONENT_MAX ? EXPONENT_MAX : exponent < -EXPONENT_MAX ? -EXPONENT_MAX : exponent;
    }
    for (; *count > 0 && digits[*count - 1] == '0'; (*count)--) *scale += 1;
}

bool fermata_json_as_int64(const fermata_json *value, int64_t *number) {
    if (!fermata_json_is(value, FERMATA_JSON_NUMBER)) return false;
    const char *text = value->text.bytes;
    char *digits = fermata_alloc(value->text.count);
    size_t count;
    long scale;
    split(text, digits, &count, &scale);
    if (count == 0) {
        *number = 0;
        return true;
    }
    if (scale < 0 || count + (size_t)scale > 19) return false;
    uint64_t magnitude = 0;
    for (size_t index = 0; index < count + (size_t)scale; index++)
        magnitude = magnitude * 10 + (index < count ? (uint64_t)(digits[index] - '0') : 0);
    bool is_negative = text[0] == '-';
    if (magnitude > (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) return false;
    *number = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool fermata_json_as_double(const fermata_json *value, double *number) {
    if (!fermata_json_is(value, FERMATA_JSON_NUMBER)) return false;
    double nearest = strtod(value->text.bytes, NULL);
    if (!isfinite(nearest)) return false;
    *number = nearest;
    return true;
}

bool fermata_json_as_bool(const fermata_json *value, bool *truth) {
    if (!fermata_json_is(value, FERMATA_JSON_BOOL)) return false;
    *truth = value->truth;
    return true;
}

static bool same_number(const fermata_json *left, const fermata_json *right) {
    if (strcmp(left->text.bytes, right->text.bytes) == 0) return true;
    double left_number, right_number;
    return fermata_json_as_double(left, &left_number) && fermata_json_as_double(right, &right_number) &&
           left_number == right_number;
}

bool fermata_json_equal(const fermata_json *left, const fermata_json *right) {
    if (left == NULL || right == NULL) return left == right;
    if (left->kind != right->kind) return false;
    switch (left->kind) {
    case FERMATA_JSON_NULL:
        return true;
    case FERMATA_JSON_BOOL:
        return left->truth == right->truth;
    case FERMATA_JSON_NUMBER:
        return same_number(left, right);
    case FERMATA_JSON_TEXT:
        return left->text.count == right->text.count &&
               memcmp(left->text.bytes, right->text.bytes, left->text.count) == 0;
    case FERMATA_JSON_ARRAY:
    case FERMATA_JSON_OBJECT:
        break;
    }
    if (left->items.count != right->items.count) return false;
    const fermata_json *other = right->items.first;
    for (const fermata_json *item = left->items.first; item != NULL; item = item->next) {
        if (left->kind == FERMATA_JSON_OBJECT) other = member(right, item->name, item->name_bytes);
        if (!fermata_json_equal(item, other)) return false;
        if (left->kind == FERMATA_JSON_ARRAY) other = other->next;
    }
    return true;
}
