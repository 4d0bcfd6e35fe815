import type { PlotOptions } from '@observablehq/plot';
import { type Html, trusted } from './html.ts';

type Drawing = typeof import('@observablehq/plot');

/** The plotting library, loaded with the first chart: whoever asks for none pays nothing for it. */
async function tools() {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  return { plot, document: parseHTML('<html><body></body></html>').document };
}

let loading: ReturnType<typeof tools> | undefined;

/**
 * Draws a chart as SVG. Colours are variables of our style sheet, so that dark mode is its matter; what the library
 * would style by itself is taken out, since nothing inline is allowed, and the labels inside as well: to those who do
 * not see it a chart is one picture with one label, with its numbers in a table beside it.
 */
export async function chart(label: string, options: (plot: Drawing) => PlotOptions): Promise<Html> {
  loading ??= tools();
  const { plot, document } = await loading;
  const svg = plot.plot({ ...options(plot), document, className: 'plot' } as PlotOptions);
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const part of svg.querySelectorAll('*')) {
    for (const name of ['aria-label', 'aria-hidden', 'style']) part.removeAttribute(name);
  }
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return trusted(svg.outerHTML);
}
