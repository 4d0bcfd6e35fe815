// A little help; every page works without it.

/**
 * While something is under way, its page shows how far it is without being loaded anew. Only the parts that say so are
 * replaced: whatever somebody opens or fills in beside them stays.
 */
function keepLive(main) {
  const seconds = Number(main.dataset.liveSeconds);
  if (!(seconds > 0)) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const next = page.querySelector('main');
        replaceLive(main.querySelector('[data-live]'), next.querySelector('[data-live]'));
        main.dataset.liveSeconds = next.dataset.liveSeconds ?? '';
      }
    } catch {
      // The service may be starting again: the next time tells.
    }
    keepLive(main);
  }, seconds * 1000);
}

/** Whoever has come by keyboard to something that is there again stays on it; what is scrolled stays scrolled. */
function replaceLive(part, next) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
  part.replaceWith(next);
  next.querySelectorAll('.scroll').forEach((box, index) => {
    box.scrollLeft = scrolled[index] ?? 0;
  });
  if (focused === null) return;
  const same = [...next.querySelectorAll('[href], [tabindex]')].find(
    (one) => nameOf(one) === nameOf(focused),
  );
  same?.focus({ preventScroll: true });
}

function nameOf(element) {
  return element.getAttribute('href') ?? element.getAttribute('aria-label');
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
