/* Log records on their way to the host. */
#ifndef FERMATA_SDK_LOG_H
#define FERMATA_SDK_LOG_H

#include <stddef.h>

#include <fermata/log.h>

/* Writes one record. The host and the test double define it. */
void sdk_log(fermata_level level, const char *message, const fermata_pair *fields, size_t field_count);

#endif
