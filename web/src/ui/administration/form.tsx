// A form that adds one thing to a list: its fields, one button, and what was wrong, at the field where the server says so.

import { useSignal } from '@preact/signals';
import type { ComponentChildren, TargetedEvent } from 'preact';
import { ApiError } from '../../api/request.ts';
import { t } from '../../text/administration.ts';
import { ProblemNote } from '../problem.tsx';
import { problemWith, reasonOf } from '../reason.ts';

export interface AddFormProps {
  title: string;
  /** What the button says. */
  button: string;
  /** The names of the fields, as the contract spells them. */
  fields: readonly string[];
  /** Adds it; what it throws is shown. */
  add(form: HTMLFormElement): Promise<unknown>;
  /** Gives each field its problem, and the way to forget it. */
  children(problemOf: (field: string) => { problem: string; onInput(): void }): ComponentChildren;
}

export function AddForm({ title, button, fields, add, children }: AddFormProps) {
  const error = useSignal<unknown>(null);
  const working = useSignal(false);
  const problems = new Map(fields.map((field) => [field, problemWith(error.value, field)]));
  const elsewhere = error.value !== null && ![...problems.values()].some(Boolean);
  const forget = () => {
    error.value = null;
  };

  const submit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    forget();
    const empty = [...form.elements].find((element) => element instanceof HTMLInputElement && !element.validity.valid);
    if (empty instanceof HTMLInputElement) {
      // The browser's own words, in the browser's own language.
      error.value = violation(empty.name, empty.validationMessage);
      empty.focus();
      return;
    }
    working.value = true;
    try {
      await add(form);
      form.reset();
    } catch (problem) {
      error.value = problem;
      const field = fields.find((field) => problemWith(problem, field));
      if (field) (form.elements.namedItem(field) as HTMLElement | null)?.focus();
    } finally {
      working.value = false;
    }
  };

  return (
    <form class="card form" onSubmit={submit} noValidate aria-label={title}>
      <h2>{title}</h2>
      {children((field) => ({ problem: problems.get(field) ?? '', onInput: forget }))}
      <ProblemNote text={elsewhere && reasonOf(error.value)} />
      <button type="submit" class="button primary" disabled={working.value}>
        {working.value ? t('saving.saving') : button}
      </button>
    </form>
  );
}

function violation(field: string, description: string): ApiError {
  return new ApiError('INVALID_ARGUMENT', '', description, 0, [{ field, description }]);
}
