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

static const unsigned char page_article_js[] = {
#embed "assets/page-article.js"
};

static const unsigned char page_base_js[] = {
#embed "assets/page-base.js"
};

static const unsigned char page_feed_js[] = {
#embed "assets/page-feed.js"
};

static const unsigned char page_keys_js[] = {
#embed "assets/page-keys.js"
};

static const unsigned char page_list_js[] = {
#embed "assets/page-list.js"
};

static const unsigned char page_notify_js[] = {
#embed "assets/page-notify.js"
};

static const unsigned char page_single_js[] = {
#embed "assets/page-single.js"
};

static const unsigned char page_status_js[] = {
#embed "assets/page-status.js"
};

static const unsigned char page_tabs_js[] = {
#embed "assets/page-tabs.js"
};

static const unsigned char page_transport_js[] = {
#embed "assets/page-transport.js"
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

static const unsigned char meta_template[] = {
#embed "assets/templates/meta.mustache"
};

static const unsigned char foot_template[] = {
#embed "assets/templates/foot.mustache"
};

static const unsigned char not_found_template[] = {
#embed "assets/templates/not-found.mustache"
};

static const unsigned char admin_css[] = {
#embed "assets/admin.css"
};

static const unsigned char admin_js[] = {
#embed "assets/admin.js"
};

static const unsigned char openapi_json[] = {
#embed "assets/openapi.json"
};

static const unsigned char admin_layout_template[] = {
#embed "assets/templates/admin-layout.mustache"
};

static const unsigned char admin_login_template[] = {
#embed "assets/templates/admin-login.mustache"
};

static const unsigned char admin_setup_template[] = {
#embed "assets/templates/admin-setup.mustache"
};

static const unsigned char admin_dashboard_template[] = {
#embed "assets/templates/admin-dashboard.mustache"
};

static const unsigned char admin_articles_template[] = {
#embed "assets/templates/admin-articles.mustache"
};

static const unsigned char admin_article_form_template[] = {
#embed "assets/templates/admin-article-form.mustache"
};

static const unsigned char admin_article_delete_template[] = {
#embed "assets/templates/admin-article-delete.mustache"
};

static const unsigned char admin_history_template[] = {
#embed "assets/templates/admin-history.mustache"
};

static const unsigned char admin_accounts_template[] = {
#embed "assets/templates/admin-accounts.mustache"
};

static const unsigned char admin_account_form_template[] = {
#embed "assets/templates/admin-account-form.mustache"
};

static const unsigned char admin_own_account_template[] = {
#embed "assets/templates/admin-own-account.mustache"
};

static const unsigned char admin_confirm_template[] = {
#embed "assets/templates/admin-confirm.mustache"
};

static const unsigned char admin_tokens_template[] = {
#embed "assets/templates/admin-tokens.mustache"
};

static const unsigned char admin_sessions_template[] = {
#embed "assets/templates/admin-sessions.mustache"
};

static const unsigned char admin_audit_template[] = {
#embed "assets/templates/admin-audit.mustache"
};

static const unsigned char admin_message_template[] = {
#embed "assets/templates/admin-message.mustache"
};

static const unsigned char admin_lines_template[] = {
#embed "assets/templates/admin-lines.mustache"
};

static const web_asset files[] = {
    {"admin.css", admin_css, sizeof admin_css},
    {"admin.js", admin_js, sizeof admin_js},
    {"api/openapi.json", openapi_json, sizeof openapi_json},
    {"templates/admin-layout.mustache", admin_layout_template, sizeof admin_layout_template},
    {"templates/admin-login.mustache", admin_login_template, sizeof admin_login_template},
    {"templates/admin-setup.mustache", admin_setup_template, sizeof admin_setup_template},
    {"templates/admin-dashboard.mustache", admin_dashboard_template, sizeof admin_dashboard_template},
    {"templates/admin-articles.mustache", admin_articles_template, sizeof admin_articles_template},
    {"templates/admin-article-form.mustache", admin_article_form_template, sizeof admin_article_form_template},
    {"templates/admin-article-delete.mustache", admin_article_delete_template, sizeof admin_article_delete_template},
    {"templates/admin-history.mustache", admin_history_template, sizeof admin_history_template},
    {"templates/admin-accounts.mustache", admin_accounts_template, sizeof admin_accounts_template},
    {"templates/admin-account-form.mustache", admin_account_form_template, sizeof admin_account_form_template},
    {"templates/admin-own-account.mustache", admin_own_account_template, sizeof admin_own_account_template},
    {"templates/admin-confirm.mustache", admin_confirm_template, sizeof admin_confirm_template},
    {"templates/admin-tokens.mustache", admin_tokens_template, sizeof admin_tokens_template},
    {"templates/admin-sessions.mustache", admin_sessions_template, sizeof admin_sessions_template},
    {"templates/admin-audit.mustache", admin_audit_template, sizeof admin_audit_template},
    {"templates/admin-message.mustache", admin_message_template, sizeof admin_message_template},
    {"templates/admin-lines.mustache", admin_lines_template, sizeof admin_lines_template},
    {"favicon.svg", favicon_svg, sizeof favicon_svg},
    {"page.css", page_css, sizeof page_css},
    {"page.js", page_js, sizeof page_js},
    {"page-article.js", page_article_js, sizeof page_article_js},
    {"page-base.js", page_base_js, sizeof page_base_js},
    {"page-feed.js", page_feed_js, sizeof page_feed_js},
    {"page-keys.js", page_keys_js, sizeof page_keys_js},
    {"page-list.js", page_list_js, sizeof page_list_js},
    {"page-notify.js", page_notify_js, sizeof page_notify_js},
    {"page-single.js", page_single_js, sizeof page_single_js},
    {"page-status.js", page_status_js, sizeof page_status_js},
    {"page-tabs.js", page_tabs_js, sizeof page_tabs_js},
    {"page-transport.js", page_transport_js, sizeof page_transport_js},
    {"templates/article.mustache", article_template, sizeof article_template},
    {"templates/entry.mustache", entry_template, sizeof entry_template},
    {"templates/layout.mustache", layout_template, sizeof layout_template},
    {"templates/list.mustache", list_template, sizeof list_template},
    {"templates/meta.mustache", meta_template, sizeof meta_template},
    {"templates/foot.mustache", foot_template, sizeof foot_template},
    {"templates/not-found.mustache", not_found_template, sizeof not_found_template},
};

const web_asset *web_assets(unsigned long *count) {
    *count = sizeof files / sizeof files[0];
    return files;
}
