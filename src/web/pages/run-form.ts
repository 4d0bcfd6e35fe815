import { z } from 'zod';
import type { RunRequest } from '../../usecases/ports.ts';
import { requireRange } from '../filter.ts';
import { id, instant } from '../inputs.ts';
import { checked, fields, instantText, onlyValue } from './form-values.ts';
import { type Html, html } from './html.ts';

/** More ids than this come from a machine, which has the API. */
const MOST_AGENTS = 200;

/** To start a run by hand: all that is due, or a range, or some agents; with or without changing anything. */
export function startForm(): Html {
  return html`<details class="panel"><summary>Start a run</summary>
<form method="post" action="/runs" aria-label="Start a run"><div class="fields">
<div><label for="from">From (UTC)</label><input type="datetime-local" step="1" id="from" name="from"></div>
<div><label for="to">To (UTC)</label><input type="datetime-local" step="1" id="to" name="to"></div>
<div class="wide"><label for="agents">Agents <span class="quiet">(user ids with blanks between; none: all)</span></label><input id="agents" name="agents" maxlength="20000"></div>
<div class="wide"><label class="box"><input type="checkbox" name="dryRun" value="yes"> Dry run: look only, store and send nothing</label></div>
</div>
<p class="quiet">Without times it judges all that is due. A range is judged again where it was judged before.</p>
<div class="actions"><button class="main">Start</button></div></form></details>`;
}

export const startFields = fields('from', 'to', 'agents', 'dryRun');

/** What was filled in, as a request for a run. @throws Problem */
export function readStart(
  given: z.output<typeof startFields>,
  trigger: string,
): { readonly request: RunRequest; readonly isDry: boolean } {
  const from = checked(instant.optional(), instantText(given.from));
  const to = checked(instant.optional(), instantText(given.to));
  requireRange(from, to);
  const ids = (onlyValue(given.agents) ?? '').split(/[\s,;]+/).filter((part) => part !== '');
  const agents = checked(z.array(id).max(MOST_AGENTS), ids);
  const isDry = onlyValue(given.dryRun) === 'yes';
  return { request: { trigger, from, to, agents: agents.length === 0 ? undefined : agents }, isDry };
}

/** What a supervisor does about a run that a circuit breaker holds. */
export function heldForm(runId: number): Html {
  return html`<form method="post" action="/runs/${runId}/settle" class="panel" aria-label="Release or drop">
<p>Look at <a href="/findings?status=held">what is held</a> first; then decide on all of it.</p>
<label for="note">Note <span class="quiet">(needed to drop)</span></label><textarea id="note" name="note" rows="2" maxlength="2000"></textarea>
<p class="actions"><button class="main" name="what" value="release">Release: send its corrections</button>
<button name="what" value="drop">Drop: withdraw them and dismiss its findings</button></p></form>`;
}
