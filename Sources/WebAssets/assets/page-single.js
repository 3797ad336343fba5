// @ts-check

// The page of one article.

import { fill, gapLine } from "./page-article.js";
import { base, part } from "./page-base.js";

/**
 * @typedef {import("./page-base.js").FeedEvent} FeedEvent
 * @typedef {import("./page-base.js").Fields} Fields
 * @typedef {import("./page-base.js").Article} Article
 */

export class Single {
    /** @param {HTMLElement} main */
    constructor(main) {
        this.main = main;
        this.article = part(main, "article");
        this.id = Number(this.article.dataset.id);
    }

    busy() {}

    look() {}

    walk() {}

    showNewest() {}

    current() {
        return this.article;
    }

    /**
     * @param {FeedEvent} event
     * @returns {boolean} whether the article is new here
     */
    apply({ pk, fields, event }) {
        if (pk === this.id) this.show(fields);
        return event === "created" && pk !== this.id;
    }

    /** @param {Fields | null} fields */
    show(fields) {
        this.main.querySelector(".notice")?.remove();
        if (fields) {
            fill(this.article, fields);
            document.title = `\u2068${fields.title}\u2069 · Dynamic Articles`;
            return;
        }
        const notice = document.createElement("p");
        notice.className = "notice";
        notice.textContent = "This article was deleted.";
        this.article.before(notice);
    }

    /**
     * The article as it is now; none if it is gone.
     *
     * @returns {Promise<Article[]>}
     */
    async load() {
        const url = new URL(`api/articles/${this.id}/`, base);
        const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (answer.status === 404) return [];
        if (!answer.ok) throw new Error(String(answer.status));
        return [await answer.json()];
    }

    /**
     * @param {string} reason
     * @param {Article[] | null} articles null if it could not be loaded
     */
    refill(reason, articles) {
        this.main.querySelector(".gap")?.remove();
        if (articles) this.show(articles[0] ?? null);
        else this.article.before(gapLine(reason, "Reload the page to see the article as it is now."));
    }
}
