import type { z } from 'zod';
import { asProblem } from '../problem.ts';
import type { Reply, Request, Route } from '../route.ts';
import { type Page, pageText } from './layout.ts';
import { problemPage, wantsPage } from './problem-page.ts';

type Shape<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A page without what the route knows of itself. */
export type PageContent = Omit<Page, 'caller'>;

/** Either a page, or where to go on (303, so that loading again posts nothing twice). */
export type PageAnswer = PageContent | { readonly seeOther: string };

interface PageLine<Params, Query, Body>
  extends Omit<Route, 'params' | 'query' | 'body' | 'handle' | 'answers'> {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly page: (
    request: Request<Shape<Params>, Shape<Query>, Shape<Body>>,
  ) => Promise<PageAnswer> | PageAnswer;
}

/** A route whose answer is a page, to a browser also when something is wrong: people do not read JSON. */
export function pageRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>({ page, ...line }: PageLine<Params, Query, Body>): Route {
  return {
    ...(line as Omit<Route, 'handle'>),
    async handle(request: Request<never, never, never>): Promise<Reply> {
      const { caller } = request;
      try {
        const answer = await page(request as Request<Shape<Params>, Shape<Query>, Shape<Body>>);
        if ('seeOther' in answer) return { status: 303, text: '', headers: { location: answer.seeOther } };
        return { text: pageText({ ...answer, caller }) };
      } catch (error) {
        const { headers, url } = request;
        const problem = asProblem(error);
        // What nobody foresaw has to reach the log, which is where the service says it; programs are told there, too.
        if (problem.code === 'internal' || !wantsPage(headers.accept, url)) throw error;
        return { status: problem.status, text: problemPage(problem, caller), headers: problem.headers };
      }
    },
  };
}
