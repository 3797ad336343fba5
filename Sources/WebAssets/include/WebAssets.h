#ifndef ARTICLES_WEB_ASSETS_H
#define ARTICLES_WEB_ASSETS_H

// A file that is part of the program.
typedef struct {
    // Its path under assets/.
    const char *name;
    const unsigned char *bytes;
    unsigned long length;
} web_asset;

// All of them; `count` is set to how many there are.
const web_asset *web_assets(unsigned long *count);

#endif
