// How long the register keeps the meetings of a space. A number of days is saved by a button and not while it is typed: on
// the way to 365 lies 3, and what is older than that would be gone.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import type { SpaceRetention, SpaceRetentionPolicy, UpdateSpaceRetentionRequest } from '../../api/generated/messages.ts';
import { getRetention, setRetention } from '../../api/spaces.ts';
import { counted, t } from '../../text/account.ts';
import { Choice, Field, valueOf } from '../field.tsx';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { SavingNote, useSaving } from '../saving.tsx';
import { Part } from './part.tsx';
import { daysIn } from './settings.ts';

const POLICIES = ['INSTALLATION', 'DAYS', 'NEVER'] as const satisfies readonly SpaceRetentionPolicy[];

/** Proposed to somebody who chooses days of their own. */
const DAYS_PROPOSED = 90;

export function RetentionSettings({ space }: { space: string }) {
  const { state, again } = useLoaded(space, () => getRetention(space));
  return (
    <Part id="retention" title={t('retention.title')} lead={t('retention.lead')}>
      {state.phase === 'loading' && <Wait />}
      {state.phase === 'failed' && <Failed error={state.error} onAgain={again} />}
      {state.phase === 'ready' && <Choices space={space} loaded={state.value} />}
    </Part>
  );
}

function Choices({ space, loaded }: { space: string; loaded: SpaceRetention }) {
  const saved = useSignal(loaded);
  const chosen = useSignal(loaded.policy);
  const problem = useSignal('');
  const saving = useSaving();

  const save = (retention: UpdateSpaceRetentionRequest) =>
    saving.run(async () => {
      try {
        saved.value = await setRetention(space, retention);
      } finally {
        chosen.value = saved.peek().policy;
      }
    });

  const choose = (policy: SpaceRetentionPolicy) => {
    chosen.value = policy;
    problem.value = '';
    if (policy !== 'DAYS') void save({ policy });
  };

  const keepDays = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const days = daysIn(valueOf(event.currentTarget, 'days'));
    problem.value = days === null ? t('retention.days.invalid') : '';
    if (days !== null) void save({ policy: 'DAYS', days });
  };

  const { policy, days = 0 } = saved.value;
  return (
    <>
      <div role="radiogroup" aria-labelledby="retention" class="choices">
        {POLICIES.map((each) => (
          <Choice
            key={each}
            kind="radio"
            name="retention"
            label={t(`retention.${each}`)}
            hint={each === policy && days > 0 && counted('retention.now', days)}
            checked={chosen.value === each}
            onChange={() => choose(each)}
          />
        ))}
      </div>
      {chosen.value === 'DAYS' && (
        <form class="inline-form" onSubmit={keepDays} noValidate>
          <Field
            label={t('retention.days')}
            name="days"
            numeric
            autocomplete="off"
            defaultValue={String(policy === 'DAYS' ? days : DAYS_PROPOSED)}
            hint={t('retention.days.hint')}
            problem={problem.value}
            onInput={() => {
              problem.value = '';
            }}
          />
          <button type="submit" class="button">
            {t('retention.days.save')}
          </button>
        </form>
      )}
      <SavingNote saving={saving} />
    </>
  );
}
