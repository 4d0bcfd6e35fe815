import type { Caller } from '../access.ts';
import { type Html, html, type Part, textOf } from './html.ts';

export interface Page {
  readonly title: string;
  /** Which entry of the navigation is this page's. */
  readonly section: string | undefined;
  /** Nobody, where the refusal is that it is not known who asks. */
  readonly caller: Caller | undefined;
  readonly body: Part;
  /** Something is under way: the part of the body that is marked `data-live` is replaced again and again. */
  readonly isLive?: boolean;
}

const SECTIONS = [
  ['/', 'Overview'],
  ['/findings', 'Findings'],
  ['/agents', 'Agents'],
  ['/runs', 'Runs'],
] as const;

const LIVE_SECONDS = 3;

/**
 * A whole page. The referrer stays within the service instead of being sent to nobody: without any, browsers call the
 * origin of their own forms `null`, and a form that changes something must prove where it comes from.
 */
export function pageText({ title, section, caller, body, isLive = false }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<meta name="color-scheme" content="light dark">
<title>${title} · Adherence</title>
<link rel="stylesheet" href="/assets/style.css">
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<script src="/assets/page.js" defer></script>
${isLive && html`<noscript><meta http-equiv="refresh" content="${LIVE_SECONDS}"></noscript>`}
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<p class="brand">Adherence</p>
<nav aria-label="Pages"><ul>${SECTIONS.map(([href, name]) => entry(href, name, section))}</ul></nav>
${caller && html`<p class="caller">${caller.name} <span class="quiet">${caller.role}</span></p>`}
</header>
<main id="main" tabindex="-1"${isLive && html` data-live-seconds="${LIVE_SECONDS}"`}>
<h1>${title}</h1>
${body}
</main>
<footer><p>Times with an offset are the agent's own; all others are UTC. What is shown here is personnel data: each
showing is written down.</p></footer>
</body>
</html>
`;
  return textOf(page);
}

function entry(href: string, name: string, section: string | undefined): Html {
  return html`<li><a href="${href}"${href === section && html` aria-current="page"`}>${name}</a></li>`;
}

/** The head of a column of which there is more to say than its name. */
export interface Head {
  readonly name: Part;
  /** Its cells are numbers, which stand one above the other. */
  readonly isNumber?: boolean;
  /** How the rows are in its order, if they are. */
  readonly sorted?: 'ascending' | 'descending' | undefined;
}

export function numeric(name: string): Head {
  return { name, isNumber: true };
}

/** A table that scrolls by itself where it is too wide; by keyboard, too. */
export function table(caption: string, head: readonly (string | Head)[], rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table><caption>${caption}</caption>
<thead><tr>${head.map(headCell)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function headCell(head: string | Head): Html {
  const { name, isNumber = false, sorted }: Head = typeof head === 'string' ? { name: head } : head;
  return html`<th scope="col"${isNumber && html` class="number"`}${sorted !== undefined && html` aria-sort="${sorted}"`}>${name}</th>`;
}

/** Said where there is nothing to show, with what to do about it. */
export function nothing(what: string, advice: Part = undefined): Html {
  return html`<p class="nothing">${what}${advice !== undefined && html` ${advice}`}</p>`;
}
