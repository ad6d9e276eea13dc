// One row of the check: what it is about, how well that is, and what to do about it. The word says it, the colour only repeats it.

import type { ComponentChildren } from 'preact';
import type { Grade } from '../../check/echoes.ts';
import { t } from '../../text/check.ts';

export interface RowProps {
  title: string;
  /** `yours`: the person has to do something. */
  grade: Grade | 'looking' | 'yours';
  text: string;
  children?: ComponentChildren;
}

export function Row({ title, grade, text, children }: RowProps) {
  return (
    <li class="check-row" data-grade={grade}>
      <h2>{title}</h2>
      <span class="check-grade">{t(`check.grade.${grade}`)}</span>
      <p>{text}</p>
      {children && <div class="check-more">{children}</div>}
    </li>
  );
}
