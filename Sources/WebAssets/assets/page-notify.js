// @ts-check

// Notifications of the system, for who asks for them: what is new while nobody looks at the page.

import { permalink } from "./page-article.js";
import { part, wishes } from "./page-base.js";

/** @typedef {import("./page-base.js").Fields} Fields */

export class Notifier {
    /** @param {() => boolean} isFirst whether this is the one of several tabs that speaks */
    constructor(isFirst) {
        this.isFirst = isFirst;
        this.count = 0;
        this.button = part(document, "#notify");
        if (!("Notification" in window)) return;
        this.button.hidden = false;
        this.show();
        this.button.addEventListener("click", () => this.toggle());
        document.addEventListener("visibilitychange", () => (this.count = 0));
        // Chosen in another tab.
        addEventListener("storage", () => this.show());
    }

    get isWanted() {
        return "Notification" in window && wishes.get("notify") === "on" && Notification.permission === "granted";
    }

    async toggle() {
        const isOn = !this.isWanted && (await Notification.requestPermission()) === "granted";
        wishes.set("notify", isOn ? "on" : "off");
        this.show();
    }

    show() {
        const isDenied = Notification.permission === "denied";
        this.button.setAttribute("aria-pressed", String(this.isWanted));
        this.button.textContent = isDenied ? "Notifications are blocked by the browser" : "Notify me of new articles";
        /** @type {HTMLButtonElement} */ (this.button).disabled = isDenied;
    }

    /**
     * @param {number} id
     * @param {Fields} fields
     */
    tell(id, { title, topic, author }) {
        if (!this.isWanted || !document.hidden || !this.isFirst()) return;
        this.count += 1;
        const from = author ? `${topic}, ${author}` : topic;
        // One for all that come while nobody looks: a hundred would bury everything else.
        const notification = new Notification(title, {
            tag: "articles",
            body: this.count === 1 ? from : `${from} · ${this.count} new articles`,
        });
        notification.onclick = () => {
            window.focus();
            location.assign(permalink(id));
        };
    }
}
