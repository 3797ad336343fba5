#pragma once

#include <hiredis/hiredis.h>

/// What went wrong on a connection, in words; empty if nothing did.
static inline const char *_Nonnull redis_error_text(const redisContext *_Nonnull context) {
    return context->errstr;
}
