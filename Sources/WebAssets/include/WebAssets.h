#ifndef ARTICLES_WEB_ASSETS_H
#define ARTICLES_WEB_ASSETS_H

/// One file that was compiled into the binary.
typedef struct {
    /// Its path below the folder of assets, such as `page.css`.
    const char *_Nonnull name;
    const unsigned char *_Nonnull bytes;
    unsigned long length;
} web_asset;

/// All embedded files; the table and what it points to live as long as the process.
///
/// @param count receives the number of files.
const web_asset *_Nonnull web_assets(unsigned long *_Nonnull count);

#endif
