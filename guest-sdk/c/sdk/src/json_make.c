#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_value.h"
#include "utf8.h"

fermata_json *sdk_json_new(fermata_json_kind kind) {
    fermata_json *value = fermata_alloc(sizeof *value);
    value->kind = kind;
    return value;
}

void sdk_json_attach(fermata_json *container, fermata_json *value) {
    if (container->items.last == NULL) container->items.first = value;
    else container->items.last->next = value;
    container->items.last = value;
    container->items.count++;
}

fermata_json *fermata_json_null(void) {
    return sdk_json_new(FERMATA_JSON_NULL);
}

fermata_json *fermata_json_bool(bool truth) {
    fermata_json *value = sdk_json_new(FERMATA_JSON_BOOL);
    value->truth = truth;
    return value;
}

static fermata_json *number(const char *digits) {
    fermata_json *value = sdk_json_new(FERMATA_JSON_NUMBER);
    value->text.bytes = digits;
    value->text.count = strlen(digits);
    return value;
}

fermata_json *fermata_json_int64(int64_t integer) {
    return number(fermata_format("%" PRId64, integer));
}

fermata_json *fermata_json_double(double real) {
    if (!isfinite(real)) return fermata_json_null();
    /* The shortest digits that mean this number and no other. */
    for (int digits = 15; digits < 17; digits++) {
        char *text = fermata_format("%.*g", digits, real);
        if (strtod(text, NULL) == real) return number(text);
    }
    return number(fermata_format("%.17g", real));
}

fermata_json *fermata_json_text(const char *text) {
    if (text == NULL) return fermata_json_null();
    fermata_json *value = sdk_json_new(FERMATA_JSON_TEXT);
    value->text.bytes = sdk_utf8_copy(text, strlen(text), &value->text.count);
    return value;
}

fermata_json *fermata_json_array(void) {
    return sdk_json_new(FERMATA_JSON_ARRAY);
}

fermata_json *fermata_json_object(void) {
    return sdk_json_new(FERMATA_JSON_OBJECT);
}

/* Leaves share their bytes, which never change. */
static fermata_json *copy_of(const fermata_json *value) {
    if (value == NULL) return fermata_json_null();
    fermata_json *copy = sdk_json_new(value->kind);
    *copy = *value;
    copy->next = NULL;
    if (!sdk_json_is_container(value)) return copy;
    copy->items.first = NULL;
    copy->items.last = NULL;
    copy->items.count = 0;
    for (const fermata_json *item = value->items.first; item != NULL; item = item->next)
        sdk_json_attach(copy, copy_of(item));
    return copy;
}

fermata_json *fermata_json_set(fermata_json *object, const char *name, const fermata_json *value) {
    if (!fermata_json_is(object, FERMATA_JSON_OBJECT)) return object;
    fermata_json *copy = copy_of(value);
    copy->name = sdk_utf8_copy(name, strlen(name), &copy->name_bytes);
    fermata_json *previous = NULL;
    for (fermata_json *item = object->items.first; item != NULL; previous = item, item = item->next) {
        if (item->name_bytes != copy->name_bytes || memcmp(item->name, copy->name, copy->name_bytes) != 0) continue;
        copy->next = item->next;
        if (previous == NULL) object->items.first = copy;
        else previous->next = copy;
        if (object->items.last == item) object->items.last = copy;
        return object;
    }
    sdk_json_attach(object, copy);
    return object;
}

fermata_json *fermata_json_set_bool(fermata_json *object, const char *name, bool truth) {
    return fermata_json_set(object, name, fermata_json_bool(truth));
}

fermata_json *fermata_json_set_int64(fermata_json *object, const char *name, int64_t integer) {
    return fermata_json_set(object, name, fermata_json_int64(integer));
}

fermata_json *fermata_json_set_double(fermata_json *object, const char *name, double real) {
    return fermata_json_set(object, name, fermata_json_double(real));
}

fermata_json *fermata_json_set_text(fermata_json *object, const char *name, const char *text) {
    return fermata_json_set(object, name, fermata_json_text(text));
}

fermata_json *fermata_json_add(fermata_json *array, const fermata_json *value) {
    if (!fermata_json_is(array, FERMATA_JSON_ARRAY)) return array;
    fermata_json *copy = copy_of(value);
    copy->name = NULL;
    copy->name_bytes = 0;
    sdk_json_attach(array, copy);
    return array;
}
