// Makes the admin site more comfortable. Everything works without it.

const refreshInterval = 3000;

/** Brings what is on the dashboard up to date, as long as somebody can see it. */
function refresh(live) {
    const url = live.dataset.refresh;
    setInterval(async () => {
        if (document.hidden || live.contains(document.activeElement)) return;
        try {
            // Told apart from what a person does, so that a forgotten tab does not keep its session alive.
            const answer = await fetch(url, { headers: { "X-Background": "true" }, redirect: "error" });
            if (!answer.ok) return;
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = page.getElementById(live.id);
            if (fresh && !live.contains(document.activeElement)) live.replaceChildren(...fresh.childNodes);
        } catch {
            // The server is away, or the session has ended: what is shown stays, and the next try may succeed.
        }
    }, refreshInterval);
}

/** Asks before what was typed is lost, and saves on Ctrl+Enter. */
function guard(form) {
    let isChanged = false;
    form.addEventListener("input", () => {
        isChanged = true;
    });
    form.addEventListener("submit", () => {
        isChanged = false;
    });
    addEventListener("beforeunload", (event) => {
        if (isChanged) event.preventDefault();
    });
    form.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            form.requestSubmit(form.querySelector("button[value=save]"));
        }
    });
}

/** A box at the head of the list that ticks all. */
function tickAll(head) {
    const boxes = [...document.querySelectorAll("td.tick input")];
    const all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", "Tick all on this page");
    const update = () => {
        const ticked = boxes.filter((box) => box.checked).length;
        all.checked = ticked === boxes.length;
        all.indeterminate = ticked > 0 && ticked < boxes.length;
    };
    all.addEventListener("change", () => {
        for (const box of boxes) box.checked = all.checked;
    });
    for (const box of boxes) box.addEventListener("change", update);
    head.replaceChildren(all);
    update();
}

/** Copies a secret that is shown once. */
function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(source.textContent);
            button.textContent = "Copied";
        } catch {
            getSelection().selectAllChildren(source);
        }
    });
}

for (const live of document.querySelectorAll("[data-refresh]")) refresh(live);
for (const form of document.querySelectorAll("form[data-guard]")) guard(form);
for (const head of document.querySelectorAll("th.tick")) tickAll(head);
for (const button of document.querySelectorAll("[data-copy]")) copy(button);
