// Before joining: see oneself, hear whether one is heard, choose devices, say who one is; and know whether one will walk in
// or have to ask.

import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { RefObject, TargetedEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Device } from '../api/generated/messages.ts';
import type { Meeting } from '../api/meetings.ts';
import type { Devices } from '../meeting/devices.ts';
import { NAME_CHARACTERS_MAX } from '../meeting/limits.ts';
import { preferences, remember, wasLetIn } from '../meeting/preferences.ts';
import { pathOf, signInPath } from '../route.ts';
import { counted, t } from '../text/text.ts';
import { account } from './account.ts';
import { DevicePickers } from './devicePickers.tsx';
import { JoinChoice } from './joinChoice.tsx';
import { here } from './navigation.ts';
import { Preview } from './preview.tsx';
import { ProblemNote } from './problem.tsx';
import { RecordingNote } from './recordingNote.tsx';
import { Shell, useTitle } from './shell.tsx';

/** Why one was not let in. */
export interface Problem {
  text: string;
  /** Another name would do. */
  ofName: boolean;
}

export interface PreJoinProps {
  meeting: Meeting;
  devices: Devices;
  device: Device;
  joining: ReadonlySignal<boolean>;
  problem: ReadonlySignal<Problem | null>;
  /** They agree to be recorded. */
  agrees: Signal<boolean>;
  onChoose(device: Device): void;
  /** `null`: the account's name. */
  onJoin(displayName: string | null): void;
}

export function PreJoin(props: PreJoinProps) {
  const { meeting, devices, device } = props;
  useTitle(t('meeting.title', { code: meeting.meetingCode }));
  const people = meeting.participantCount ?? 0;
  return (
    <Shell>
      <div class="pre-join">
        <Preview devices={devices} device={device} />
        <section class="pre-join-form">
          <p class="code">{meeting.meetingCode}</p>
          <h1>{t('preJoin.title')}</h1>
          <p class="present">{people === 0 ? t('preJoin.nobody') : counted('preJoin.people', people)}</p>
          {meeting.entry === 'REFUSED' ? <p class="problem">{t('preJoin.refused')}</p> : <JoinForm {...props} />}
        </section>
        <section class="pickers" aria-label={t('devices.title')}>
          <DevicePickers devices={devices} device={device} />
          <a href={pathOf({ page: 'check' })}>{t('check.title')}</a>
        </section>
      </div>
    </Shell>
  );
}

function JoinForm({ meeting, device, joining, problem, agrees, onChoose, onJoin }: PreJoinProps) {
  const who = account.value;
  const user = who.kind === 'user' ? who.user : null;
  const nameProblem = useSignal('');
  const name = useSignal(preferences().name);
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const asking = who.kind === 'asking';
  const knocks = mustKnock(meeting);
  const takesOver = meeting.inside && device === 'FULL';

  useEffect(() => {
    if (asking) return;
    if (user || name.peek()) button.current?.focus({ preventScroll: true });
    else input.current?.focus({ preventScroll: true });
  }, [asking]);

  const refuseName = (text: string) => {
    nameProblem.value = text;
    input.current?.focus();
  };
  useSignalEffect(() => {
    if (problem.value?.ofName) refuseName(problem.value.text);
  });

  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (user) return onJoin(null);
    const entered = name.value.trim();
    if (!entered) return refuseName(t('preJoin.name.missing'));
    remember({ name: entered });
    onJoin(entered);
  };

  // Neither a name that is not needed nor none where one is.
  if (asking) return null;
  return (
    <form class="field" onSubmit={submit} noValidate>
      {user ? (
        <p class="joining-as">{t('preJoin.joiningAs', { name: user.displayName })}</p>
      ) : (
        <NameField name={name} problem={nameProblem} input={input} />
      )}
      <JoinChoice device={device} signedIn={user !== null} disabled={joining.value} onChoose={onChoose} />
      <RecordingNote meeting={meeting} agrees={agrees} />
      <EntryNote meeting={meeting} device={device} signedIn={user !== null} />
      <ProblemNote text={problem.value?.ofName === false && problem.value.text} />
      <button
        ref={button}
        type="submit"
        class="button primary large"
        disabled={joining.value}
        aria-describedby="recorded entry"
      >
        {joining.value ? t('preJoin.joining') : knocks ? t('preJoin.ask') : takesOver ? t('preJoin.useThis') : t('preJoin.join')}
      </button>
    </form>
  );
}

interface NameFieldProps {
  name: Signal<string>;
  /** Why it will not do; empty if nothing is known against it. */
  problem: Signal<string>;
  input: RefObject<HTMLInputElement | null>;
}

function NameField({ name, problem, input }: NameFieldProps) {
  return (
    <>
      <label for="name">{t('preJoin.name')}</label>
      <input
        ref={input}
        id="name"
        type="text"
        autocomplete="name"
        maxLength={NAME_CHARACTERS_MAX}
        value={name.value}
        aria-invalid={problem.value !== ''}
        aria-describedby="name-hint"
        onInput={(event) => {
          name.value = event.currentTarget.value;
          problem.value = '';
        }}
      />
      <p id="name-hint" class={problem.value ? 'problem' : 'hint'} role={problem.value ? 'alert' : undefined}>
        {problem.value || t('preJoin.name.hint')}
      </p>
    </>
  );
}

/** Whoever was let in without an account is known by this tab alone, and not when the meeting is looked at. */
function mustKnock({ entry, active, meetingCode }: Meeting): boolean {
  return entry === 'KNOCK' && !(active && wasLetIn(meetingCode));
}

/** What the button will do. */
function EntryNote({ meeting, device, signedIn }: { meeting: Meeting; device: Device; signedIn: boolean }) {
  const knocks = mustKnock(meeting);
  const takesOver = meeting.inside && device === 'FULL';
  return (
    <p class="entry" id="entry">
      {takesOver ? t('preJoin.inside') : knocks ? t('preJoin.knock') : t('preJoin.walkIn')}
      {meeting.role === 'VIEWER' && device === 'FULL' && ` ${t('preJoin.viewers')}`}
      {knocks && !signedIn && (
        <>
          {' '}
          {t('preJoin.knock.guest')} <a href={signInPath(here())}>{t('preJoin.signIn')}</a>
        </>
      )}
    </p>
  );
}
