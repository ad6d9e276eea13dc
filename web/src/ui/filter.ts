// What a list is filtered by stands in the address, behind its `?`: Back, a reload and a link come back to it.

import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { valueOf } from './field.tsx';
import { ask, query } from './navigation.ts';

/** What the address asks for under these names; empty where it says nothing. */
export function useAsked<const Name extends string>(names: readonly Name[]): Record<Name, string> {
  const asked = new URLSearchParams(query.value);
  return Object.fromEntries(names.map((name) => [name, asked.get(name) ?? ''])) as Record<Name, string>;
}

/** A form whose fields are called as what is asked for, and say what the address does. */
export function useAskingForm(asked: Readonly<Record<string, string>>): { form: RefObject<HTMLFormElement | null>; apply(): void } {
  const form = useRef<HTMLFormElement>(null);
  const names = Object.keys(asked);
  useEffect(() => {
    for (const name of names) {
      const field = form.current?.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = asked[name] ?? '';
    }
  }, [query.value]);
  const apply = () => {
    const { current } = form;
    if (current) ask(Object.fromEntries(names.map((name) => [name, valueOf(current, name)])));
  };
  return { form, apply };
}
