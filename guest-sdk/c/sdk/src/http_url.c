#include <ctype.h>
#include <string.h>

#include "error.h"
#include "http.h"
#include "memory.h"
#include "utf8.h"

static bool starts_with_scheme(const char *text, size_t length, const char *scheme) {
    if (length != strlen(scheme)) return false;
    for (size_t index = 0; index < length; index++)
        if (tolower((unsigned char)text[index]) != scheme[index]) return false;
    return true;
}

static bool refuse(const char *text, const char *why, fermata_error *error) {
    return sdk_fail(error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: `%s` %s", text, why);
}

bool sdk_url_parse(const char *text, sdk_url *url, fermata_error *error) {
    if (text == NULL) return sdk_fail(error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: it has no URL");
    if (!sdk_is_utf8(text)) return refuse(sdk_utf8_text(text), "is not UTF-8; encode its parts", error);
    const char *scheme_end = strstr(text, "://");
    if (scheme_end == NULL) return refuse(text, "is not an absolute URL", error);
    size_t scheme_length = (size_t)(scheme_end - text);
    url->is_secure = starts_with_scheme(text, scheme_length, "https");
    if (!url->is_secure && !starts_with_scheme(text, scheme_length, "http"))
        return refuse(text, "is neither http nor https", error);
    const char *authority = scheme_end + 3;
    size_t authority_length = strcspn(authority, "/?#");
    if (authority_length == 0) return refuse(text, "names no host", error);
    if (memchr(authority, '@', authority_length) != NULL)
        /* The message is for operators: the credentials are not repeated in it. */
        return sdk_fail(error, FERMATA_INVALID_REQUEST,
                        "the HTTP request cannot be built: its URL carries credentials; send them in a header");
    const char *path = authority + authority_length;
    int path_length = (int)strcspn(path, "#");
    url->authority = sdk_copy(authority, authority_length);
    url->path_and_query = fermata_format("%s%.*s", *path == '/' ? "" : "/", path_length, path);
    return true;
}

char *fermata_url_encode(const char *text) {
    static const char hex[] = "0123456789ABCDEF";
    sdk_buffer buffer = {0};
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        char escape[] = {'%', hex[byte >> 4], hex[byte & 15]};
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                        strchr("-._~", byte) != NULL;
        sdk_append(&buffer, is_plain ? text : escape, is_plain ? 1 : sizeof escape);
    }
    return sdk_text_of(&buffer);
}
