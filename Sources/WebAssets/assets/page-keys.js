// @ts-check

// The keyboard, and the list of keys.

import { copyLink } from "./page-article.js";
import { part, wishes } from "./page-base.js";

/**
 * @typedef {{walk(step: 1 | -1): void, showNewest(): void, current(): HTMLElement | null}} Walkable
 */

/** @param {Walkable} view */
export function listenToKeys(view) {
    /** @type {HTMLDialogElement} */
    const help = part(document, "#help");
    /** @type {HTMLInputElement} */
    const choice = part(document, "#single-keys");
    const button = part(document, "#show-help");

    // Who dictates, or shakes, may not want single letters to do anything (WCAG 2.2, success criterion 2.1.4).
    choice.checked = wishes.get("keys") !== "off";
    choice.addEventListener("change", () => wishes.set("keys", choice.checked ? "on" : "off"));
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());

    /** @type {Record<string, () => void>} */
    const keys = {
        j: () => view.walk(1),
        k: () => view.walk(-1),
        n: () => view.showNewest(),
        o() {
            const link = view.current()?.querySelector("a.title-text");
            if (link instanceof HTMLAnchorElement) link.click();
        },
        y() {
            const article = view.current();
            if (article) copyLink(article);
        },
        "/"() {
            const field = document.querySelector("#q");
            if (!(field instanceof HTMLInputElement)) return;
            field.focus();
            field.select();
        },
        "?": () => help.showModal(),
    };

    addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || help.open) return;
        const { target } = event;
        if (target instanceof Element && target.closest("input, textarea, select, [contenteditable]")) {
            // Out of the search, back to the articles.
            if (event.key === "Escape" && target instanceof HTMLElement) target.blur();
            return;
        }
        if (!choice.checked || !Object.hasOwn(keys, event.key)) return;
        event.preventDefault();
        keys[event.key]();
    });
}
