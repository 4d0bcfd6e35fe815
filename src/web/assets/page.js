// A little help; every page works without it.

/** While something is under way, its page shows how far it is without being loaded anew. */
function keepLive(main) {
  const seconds = Number(main.dataset.liveSeconds);
  if (!(seconds > 0)) return;
  setTimeout(async () => {
    const busy = main.querySelector('form :focus');
    try {
      const answer =
        busy === null ? await fetch(location.href, { headers: { accept: 'text/html' } }) : undefined;
      if (answer?.ok) {
        const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
        if (next !== null) {
          main.replaceWith(next);
          keepLive(next);
          return;
        }
      }
    } catch {
      // The service may be starting again: the next time tells.
    }
    keepLive(main);
  }, seconds * 1000);
}

/** One box above a column of boxes that sets them all. */
function addSelectAll(head) {
  const boxes = () => [...document.querySelectorAll('input[type=checkbox][name=finding]')];
  const all = document.createElement('input');
  all.type = 'checkbox';
  all.setAttribute('aria-label', 'Select all on this page');
  all.addEventListener('change', () => {
    for (const box of boxes()) box.checked = all.checked;
  });
  head.replaceChildren(all);
}

/** Of a picture that is wider than the screen, what it is about comes first. */
function showMiddle(box) {
  box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
}

const main = document.querySelector('main');
if (main !== null) keepLive(main);
for (const head of document.querySelectorAll('[data-select-all]')) addSelectAll(head);
for (const box of document.querySelectorAll('[data-middle]')) showMiddle(box);
