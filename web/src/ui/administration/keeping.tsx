// How recordings of a project are kept, and what callers hear of them: for how long, whether all are under a legal hold, what is announced
// before a call is recorded, and how often a beep is heard while it is.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { getRecordingPolicy, updateRecordingPolicy } from '../../api/administration.ts';
import type { RecordingPolicy, UpdateRecordingPolicyRequest } from '../../api/generated/messages.ts';
import { t } from '../../text/administration.ts';
import { useDoing } from '../doing.ts';
import { Choice, Field, valueOf } from '../field.tsx';
import { ProblemNote } from '../problem.tsx';
import { problemWith } from '../reason.ts';
import { SavingNote, useSaving } from '../saving.tsx';

export interface KeepingProps {
  project: string;
  /** What people call the project. */
  displayName: string;
}

/** What holds, for whoever wants to see and change it. */
export function Keeping({ project, displayName }: KeepingProps) {
  const policy = useSignal<RecordingPolicy | null>(null);
  const { problem, run } = useDoing();
  const toggle = () =>
    run(async () => {
      policy.value = policy.value ? null : await getRecordingPolicy(project);
    });
  return (
    <>
      <div class="row-actions">
        <button
          type="button"
          class="button quiet small"
          aria-label={t('keeping.showOf', { name: displayName })}
          aria-expanded={policy.value !== null}
          onClick={toggle}
        >
          {t('keeping.show')}
        </button>
      </div>
      <ProblemNote text={problem.value} />
      {policy.value && <Policy policy={policy.value} displayName={displayName} />}
    </>
  );
}

/** A number of which 0, and nothing at all, is none. */
const numberText = (number: number | undefined) => (number ? String(number) : '');

function wantedBy(form: HTMLFormElement): UpdateRecordingPolicyRequest {
  return {
    retentionDays: Number(valueOf(form, 'retentionDays')) || 0,
    announcement: valueOf(form, 'announcement'),
    beepEverySeconds: Number(valueOf(form, 'beepEverySeconds')) || 0,
    held: valueOf(form, 'held') === 'yes',
  };
}

interface PolicyProps {
  policy: RecordingPolicy;
  displayName: string;
}

function Policy({ policy, displayName }: PolicyProps) {
  const saving = useSaving();
  const error = useSignal<unknown>(null);
  const state = (field: string) => ({
    problem: problemWith(error.value, field),
    onInput: () => {
      error.value = null;
    },
  });
  const save = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = wantedBy(event.currentTarget);
    error.value = null;
    void saving.run(async () => {
      try {
        await updateRecordingPolicy(policy.project, wanted);
      } catch (problem) {
        error.value = problem;
        throw problem;
      }
    }, t('keeping.saved', { name: displayName }));
  };
  return (
    <form class="form" onSubmit={save} aria-label={t('keeping.title', { name: displayName })}>
      <h2>{t('keeping.title', { name: displayName })}</h2>
      <Field
        label={t('keeping.days')}
        name="retentionDays"
        hint={t('keeping.days.hint')}
        defaultValue={numberText(policy.retentionDays)}
        numeric
        autocomplete="off"
        {...state('retentionDays')}
      />
      <Field
        label={t('keeping.announcement')}
        name="announcement"
        hint={t('keeping.announcement.hint')}
        defaultValue={policy.announcement ?? ''}
        autocomplete="off"
        {...state('announcement')}
      />
      <Field
        label={t('keeping.beep')}
        name="beepEverySeconds"
        hint={t('keeping.beep.hint')}
        defaultValue={numberText(policy.beepEverySeconds)}
        numeric
        autocomplete="off"
        {...state('beepEverySeconds')}
      />
      <Choice
        kind="switch"
        label={t('keeping.hold')}
        hint={t('keeping.hold.hint')}
        name="held"
        value="yes"
        defaultChecked={policy.held ?? false}
      />
      <button type="submit" class="button">
        {t('keeping.save')}
      </button>
      <SavingNote saving={saving} />
    </form>
  );
}
