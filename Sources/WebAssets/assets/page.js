// @ts-check

// The live page: keeps what the server rendered up to date through the feed.

import { copyLink, refreshTimes } from "./page-article.js";
import { part } from "./page-base.js";
import { listenToKeys } from "./page-keys.js";
import { List } from "./page-list.js";
import { Notifier } from "./page-notify.js";
import { Single } from "./page-single.js";
import { StatusLine } from "./page-status.js";
import { SharedFeed } from "./page-tabs.js";

/** @typedef {import("./page-base.js").FeedEvent} FeedEvent */

/** @param {HTMLElement} main */
function start(main) {
    const status = new StatusLine(part(document, "#status"));
    const view = main.dataset.view === "article" ? new Single(main) : new List(main, (text) => status.say(text));
    /**
     * What comes while the view is loaded anew.
     *
     * @type {FeedEvent[] | null}
     */
    let held = null;

    /** @param {FeedEvent[]} events */
    function apply(events) {
        view.look();
        for (const event of events) {
            if (view.apply(event) && event.fields && event.event === "created") notifier.tell(event.pk, event.fields);
        }
    }

    /** @param {string} reason */
    async function reload(reason) {
        /** @type {FeedEvent[]} */
        const news = [];
        held = news;
        let articles = null;
        try {
            articles = await view.load();
        } catch {
            // The server has gone again: the gap is shown all the same.
        }
        // Another reset has come meanwhile.
        if (news !== held) return;
        view.refill(reason, articles);
        held = null;
        apply(news);
    }

    // Pages of the same version share a connection: this address changes with every one.
    const feed = new SharedFeed(import.meta.url, main.dataset.cursor ?? "", Number(main.dataset.ping), {
        events: (events) => (held ? held.push(...events) : apply(events)),
        reset: reload,
        condition(condition) {
            view.busy(condition.state === "catching up");
            status.show(condition);
        },
    });
    const notifier = new Notifier(() => feed.hasConnection);
    listenToKeys(view);
    document.addEventListener("click", (event) => {
        const button = event.target instanceof Element && event.target.closest(".copy");
        const article = button && button.closest("article");
        if (article instanceof HTMLElement) copyLink(article);
    });
    refreshTimes();
    setInterval(refreshTimes, 30_000);
    feed.run();
}

const main = document.querySelector("main[data-cursor]");
if (main instanceof HTMLElement) start(main);
