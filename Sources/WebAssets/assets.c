#include "WebAssets.h"

// #embed is of C23, which clang has as an extension in older modes.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page_css[] = {
#embed "assets/page.css"
};
static const unsigned char page_js[] = {
#embed "assets/page.js"
};
static const unsigned char favicon_svg[] = {
#embed "assets/favicon.svg"
};
static const unsigned char layout_mustache[] = {
#embed "assets/templates/layout.mustache"
};
static const unsigned char list_mustache[] = {
#embed "assets/templates/list.mustache"
};
static const unsigned char article_mustache[] = {
#embed "assets/templates/article.mustache"
};
static const unsigned char message_mustache[] = {
#embed "assets/templates/message.mustache"
};

static const web_asset table[] = {
    {"page.css", page_css, sizeof page_css},
    {"page.js", page_js, sizeof page_js},
    {"favicon.svg", favicon_svg, sizeof favicon_svg},
    {"templates/layout.mustache", layout_mustache, sizeof layout_mustache},
    {"templates/list.mustache", list_mustache, sizeof list_mustache},
    {"templates/article.mustache", article_mustache, sizeof article_mustache},
    {"templates/message.mustache", message_mustache, sizeof message_mustache},
};

const web_asset *web_assets(unsigned long *count) {
    *count = sizeof table / sizeof *table;
    return table;
}
