#pragma once

#include <hiredis/hiredis.h>

/// What went wrong on a connection, in words; empty if nothing did.
static inline const char *_Nonnull redis_error_text(const redisContext *_Nonnull context) {
    return context->errstr;
}

static inline struct timeval redis_interval(long milliseconds) {
    return (struct timeval){.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
}

/// Connects, waiting so long at most; so long every later reading and writing may take too. Firewalls that forget what is
/// silent are kept from it.
static inline redisContext *_Nullable redis_connect(const char *_Nonnull host, int port, long milliseconds) {
    redisContext *context = redisConnectWithTimeout(host, port, redis_interval(milliseconds));
    if (context && !context->err && redisSetTimeout(context, redis_interval(milliseconds)) == REDIS_OK)
        redisEnableKeepAlive(context);
    return context;
}
