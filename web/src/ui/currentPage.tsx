// The page that the address names.

import type { FunctionComponent } from 'preact';
import { PAGES, type PageName } from '../pages.ts';
import { pathOf } from '../route.ts';
import { t } from '../text/text.ts';
import { type Lazy, lazy } from './lazy.tsx';
import { route } from './navigation.ts';
import { Unknown } from './unknown.tsx';

/** The table of pages holds the places in an address and what the component is given together; here they are any. */
type Load = () => Promise<FunctionComponent<object>>;

const PROGRAMS = Object.fromEntries(
  Object.entries(PAGES).map(([page, { load, title }]) => [page, lazy(load as Load, t(title))]),
) as Record<PageName, Lazy<object>>;

/** For the pages beside the present one. */
export function prefetch(pages: readonly PageName[]): void {
  for (const page of pages) PROGRAMS[page].prefetch();
}

export function CurrentPage() {
  const current = route.value;
  if (current.page === 'unknown') return <Unknown path={current.path} />;
  const { page, ...places } = current;
  const Program = PROGRAMS[page];
  return <Program key={pathOf(current)} {...places} />;
}
