// @ts-check

// The one region that says how the feed is.

/** @typedef {import("./page-base.js").Condition} Condition */

/** How long an announcement can be read, in milliseconds. */
const announcementTime = 5000;

export class StatusLine {
    /** @param {HTMLElement} element */
    constructor(element) {
        this.element = element;
        this.words = document.createTextNode("");
        // The count down is for the eye; a screen reader tells the state when it changes.
        this.seconds = document.createElement("span");
        this.seconds.setAttribute("aria-hidden", "true");
        this.detail = document.createTextNode("");
        // For those who do not see what has changed.
        this.announcement = document.createElement("span");
        this.announcement.className = "unseen";
        element.replaceChildren(this.words, this.seconds, this.detail, this.announcement);
        /** @type {number | undefined} */
        this.retryAt = undefined;
        /** @type {number | undefined} */
        this.silence = undefined;
        setInterval(() => this.countDown(), 250);
    }

    /** @param {Condition} condition */
    show({ state, note = "", attempt = 0, retryAt }) {
        this.element.dataset.state = state;
        const words = state === "stale" ? "stale, reconnecting" : state;
        const detail = note || (attempt > 0 ? ` (attempt ${attempt})` : "");
        if (this.words.data !== words) this.words.data = words;
        if (this.detail.data !== detail) this.detail.data = detail;
        this.retryAt = retryAt;
        this.countDown();
    }

    countDown() {
        const seconds = this.retryAt === undefined ? 0 : Math.ceil((this.retryAt - Date.now()) / 1000);
        const text = seconds > 0 ? ` in ${seconds} s` : "";
        if (this.seconds.textContent !== text) this.seconds.textContent = text;
    }

    /** @param {string} text */
    say(text) {
        this.announcement.textContent = `. ${text}`;
        clearTimeout(this.silence);
        this.silence = setTimeout(() => (this.announcement.textContent = ""), announcementTime);
    }
}
