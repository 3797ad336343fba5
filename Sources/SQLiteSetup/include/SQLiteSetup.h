#ifndef SQLITE_SETUP_H
#define SQLITE_SETUP_H

/// Has SQLite keep no count of its memory, for which it would take a lock at every allocation (SQLITE_CONFIG_MEMSTATUS).
/// Must come before anything else of SQLite's. Returns SQLITE_OK, or SQLITE_MISUSE if it came too late, which changes
/// nothing. Here because Swift can't call sqlite3_config(), whose arguments vary.
int sqlite_setup_without_memory_statistics(void);

#endif
