/* Filling in errors. */
#ifndef FERMATA_SDK_ERROR_H
#define FERMATA_SDK_ERROR_H

#include <fermata/error.h>
#include <fermata/text.h>

/* Fills in an error, if somebody wants it, and returns false. */
bool sdk_fail(fermata_error *error, fermata_error_kind kind, const char *format, ...) FERMATA_PRINTF(3, 4);

/* Whether the host can look something up by this name; fills in the error when it cannot. */
bool sdk_is_name(const char *name, fermata_error *error);

/* Whether it came from HTTP and may be gone later. */
bool sdk_is_outage(fermata_error_kind kind);

#endif
