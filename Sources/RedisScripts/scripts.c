#include "RedisScripts.h"

// #embed is of C23; clang knows it in older modes too, as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char accounts_lua[] = {
#embed "lua/accounts.lua"
};

static const unsigned char append_lua[] = {
#embed "lua/append.lua"
};

static const unsigned char audit_lua[] = {
#embed "lua/audit.lua"
};

static const unsigned char credentials_lua[] = {
#embed "lua/credentials.lua"
};

static const unsigned char give_up_lua[] = {
#embed "lua/give_up.lua"
};

static const unsigned char history_lua[] = {
#embed "lua/history.lua"
};

static const unsigned char snapshot_lua[] = {
#embed "lua/snapshot.lua"
};

static const unsigned char time_lua[] = {
#embed "lua/time.lua"
};

static const unsigned char tickets_keep_lua[] = {
#embed "lua/tickets_keep.lua"
};

static const unsigned char tickets_redeem_lua[] = {
#embed "lua/tickets_redeem.lua"
};

static const unsigned char record_lua[] = {
#embed "lua/record.lua"
};

static const redis_script scripts[] = {
    {"accounts", accounts_lua, sizeof accounts_lua},
    {"append", append_lua, sizeof append_lua},
    {"audit", audit_lua, sizeof audit_lua},
    {"credentials", credentials_lua, sizeof credentials_lua},
    {"give_up", give_up_lua, sizeof give_up_lua},
    {"history", history_lua, sizeof history_lua},
    {"snapshot", snapshot_lua, sizeof snapshot_lua},
    {"time", time_lua, sizeof time_lua},
    {"tickets_keep", tickets_keep_lua, sizeof tickets_keep_lua},
    {"tickets_redeem", tickets_redeem_lua, sizeof tickets_redeem_lua},
    {"record", record_lua, sizeof record_lua},
};

const redis_script *redis_scripts(unsigned long *count) {
    *count = sizeof scripts / sizeof scripts[0];
    return scripts;
}
