import type { Caller } from '../access.ts';
import { PROBLEMS, type Problem } from '../problem.ts';
import { html } from './html.ts';
import { pageText } from './layout.ts';

/** A problem for people: what is wrong and where to go on. Who asks may not be known. */
export function problemPage({ code, message, errors }: Problem, caller: Caller | undefined): string {
  const [status, title] = PROBLEMS[code];
  const body = html`<div class="alert" role="alert"><p>${message}</p>
${errors.length > 0 && html`<ul>${errors.map(({ field, message: why }) => html`<li><b>${field}</b> ${why}</li>`)}</ul>`}
</div><p>Go back and change it, or start again from the <a href="/">overview</a>.</p>`;
  return pageText({ title: status === 404 ? 'Nothing here' : title, section: undefined, caller, body });
}

/** Whether somebody at a browser asks for a page. What is made for programs answers as they expect, to whomever. */
export function wantsPage(accept: string | undefined, url: string): boolean {
  return /\btext\/html\b/.test(accept ?? '') && !/^\/(api|reports)\//.test(url);
}
