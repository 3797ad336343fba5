#ifndef ARTICLES_REDIS_SCRIPTS_H
#define ARTICLES_REDIS_SCRIPTS_H

/// A Lua script that was compiled into the binary.
typedef struct {
    /// Its file's name without the ending, such as `append`.
    const char *_Nonnull name;
    const unsigned char *_Nonnull bytes;
    unsigned long length;
} redis_script;

/// All of them; the table and what it points to live as long as the process.
///
/// @param count receives the number of scripts.
const redis_script *_Nonnull redis_scripts(unsigned long *_Nonnull count);

#endif
