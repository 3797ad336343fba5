#include "WebAssets.h"

// #embed is of C23; clang knows it in older modes too, as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char favicon_svg[] = {
#embed "assets/favicon.svg"
};

static const unsigned char page_css[] = {
#embed "assets/page.css"
};

static const unsigned char page_js[] = {
#embed "assets/page.js"
};

static const unsigned char article_template[] = {
#embed "assets/templates/article.mustache"
};

static const unsigned char entry_template[] = {
#embed "assets/templates/entry.mustache"
};

static const unsigned char layout_template[] = {
#embed "assets/templates/layout.mustache"
};

static const unsigned char list_template[] = {
#embed "assets/templates/list.mustache"
};

static const unsigned char no_admin_template[] = {
#embed "assets/templates/no-admin.mustache"
};

static const unsigned char not_found_template[] = {
#embed "assets/templates/not-found.mustache"
};

static const web_asset files[] = {
    {"favicon.svg", favicon_svg, sizeof favicon_svg},
    {"page.css", page_css, sizeof page_css},
    {"page.js", page_js, sizeof page_js},
    {"templates/article.mustache", article_template, sizeof article_template},
    {"templates/entry.mustache", entry_template, sizeof entry_template},
    {"templates/layout.mustache", layout_template, sizeof layout_template},
    {"templates/list.mustache", list_template, sizeof list_template},
    {"templates/no-admin.mustache", no_admin_template, sizeof no_admin_template},
    {"templates/not-found.mustache", not_found_template, sizeof not_found_template},
};

const web_asset *web_assets(unsigned long *count) {
    *count = sizeof files / sizeof files[0];
    return files;
}
