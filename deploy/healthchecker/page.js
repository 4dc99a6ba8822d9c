// Keeps the page true without reloading it: fetches it again and puts in place what has changed.
// A hidden page goes on slowly, for its tab's title and icon still tell the state.
const [VISIBLE_MS, HIDDEN_MS, PATIENCE_MS] = [5000, 60000, 4000];
const main = document.querySelector("main");
const lost = document.getElementById("lost");
let timer;

async function refresh() {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    lost.querySelector("span").textContent = main.dataset.at;
    lost.hidden = false;
    main.classList.add("stale");
    label(lost.dataset.title, lost.dataset.icon);
  }
  schedule();
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(refresh, document.hidden ? HIDDEN_MS : VISIBLE_MS);
}

// Throws when this is not a status page, as behind a proxy that answers in its place.
function show(page) {
  morph(main, page.querySelector("main"));
  label(page.title, icon(page).getAttribute("href"));
  lost.hidden = true;
  // Another version of the healthchecker has another style.
  if (style(page) !== style(document)) location.reload();
}

// Leaves what is equal untouched, so that focus, selection and a tooltip that is being read survive.
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) return (old.data = fresh.data);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [have, want] = [[...old.childNodes], [...fresh.childNodes]];
  want.forEach((child, place) => (place < have.length ? morph(have[place], child) : old.append(child)));
  have.slice(want.length).forEach((child) => child.remove());
}

function label(title, href) {
  if (document.title !== title) document.title = title;
  if (icon(document).getAttribute("href") !== href) icon(document).setAttribute("href", href);
}

const icon = (page) => page.querySelector("link[rel=icon]");
const style = (page) => page.querySelector("style").textContent;

document.addEventListener("visibilitychange", () => (document.hidden ? schedule() : refresh()));
schedule();
