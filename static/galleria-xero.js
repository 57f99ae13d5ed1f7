// Niceties for the pages of the Xero webservice. Every page works without this module.

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Live progress: <section data-gx-poll="/address"> asks for {percent, message, counts, done}. The wait grows
// while nothing changes, a hidden tab is left alone, and the page is loaded anew when the run has ended.
for (const section of document.querySelectorAll("[data-gx-poll]")) poll(section);

async function poll(section) {
  const bar = section.querySelector("progress");
  const message = section.querySelector("[data-gx-message]");
  const counts = section.querySelector("[data-gx-counts]");
  let before = "";
  for (let wait = 500; ; wait = Math.min(wait * 1.5, 5000)) {
    await sleep(wait);
    if (document.hidden) continue;
    let state;
    try {
      const answer = await fetch(section.dataset.gxPoll, {headers: {Accept: "application/json"}, cache: "no-store"});
      state = await answer.json();
    } catch {
      continue;  // the line is down or the answer was no JSON: ask again, more slowly
    }
    if (state.done) {
      if (state.state === "signed_out" || state.state === "error") message.textContent = state.message;
      else location.reload();
      return;
    }
    const now = JSON.stringify(state);
    if (now === before) continue;
    before = now;
    wait = 500;
    if (message.textContent !== state.message) message.textContent = state.message;
    if (bar && Number.isInteger(state.percent)) bar.value = state.percent;
    for (const name of ["summary", "finish"]) {
      const place = section.querySelector(`[data-gx-${name}]`);
      if (place && name in state) place.textContent = state[name];
    }
    if (counts && state.counts) {
      counts.replaceChildren(...state.counts.map((count) => {
        const item = document.createElement("li");
        item.textContent = count.label;
        return item;
      }));
    }
  }
}

// The "..." menu: opening, Escape and clicking elsewhere are the browser's; these are the arrow keys.
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".gx-menu");
  if (!menu) return;
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1}[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items[(to + items.length) % items.length].focus();
});
document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches?.(".gx-menu")) {
    event.target.querySelector("[role=menuitem]")?.focus();
  }
}, true);

// Copying a text: the button is of use only where this module runs.
for (const button of document.querySelectorAll("[data-gx-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.gxCopy);
    const said = document.querySelector("[data-gx-copied]");
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
      said.textContent = said.dataset.words;
    } catch {
      // not allowed here: the text is selected, and the keyboard copies it
    }
  });
}

// What has to be read first after a refused save.
document.querySelector("[data-gx-focus]")?.focus();

// What is missing is said only until its field has a value: typed, or proposed and filled in.
for (const missing of document.querySelectorAll("[data-gx-until]")) {
  const field = document.getElementById(missing.dataset.gxUntil);
  const look = () => { missing.hidden = field.value !== ""; };
  field.addEventListener("input", look);
  field.addEventListener("change", look);
  look();
}

// How many invoices a Sync From Date means, while it is being chosen.
for (const date of document.querySelectorAll("[data-gx-count]")) {
  const copy = document.getElementById("gx-copy-existing");
  const place = document.querySelector("[data-gx-meaning]");
  const ask = async () => {
    const query = new URLSearchParams({sync_from: date.value, copy_existing: copy?.checked ? "1" : "0"});
    try {
      const answer = await fetch(`${date.dataset.gxCount}?${query}`, {cache: "no-store"});
      if (answer.ok) place.textContent = (await answer.json()).message;
    } catch {
      // the number is a help, not a condition
    }
  };
  date.addEventListener("change", ask);
  copy?.addEventListener("change", ask);
}
