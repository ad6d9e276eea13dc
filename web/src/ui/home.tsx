// The first page: start a meeting, or enter the code of one; and, for those who are signed in, what they have here.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { newMeeting } from '../api/meetings.ts';
import { meetingCodeIn } from '../meetingCode.ts';
import { pathOf } from '../route.ts';
import { t } from '../text/account.ts';
import { account } from './account.ts';
import { AccountMenu } from './accountMenu.tsx';
import { useDoing } from './doing.ts';
import { Plus } from './icons.tsx';
import { Wait } from './loading.tsx';
import { Logo } from './logo.tsx';
import { navigate } from './navigation.ts';
import { ProblemNote } from './problem.tsx';
import { PastMeetingList } from './register/pastMeetings.tsx';
import { Shell, useHeading, useTitle } from './shell.tsx';
import { SpaceList } from './spaces/spaces.tsx';
import './styles/account.css';

/** Of each list: what fits beside the other without scrolling. */
const LATEST = 5;

export function Home() {
  useTitle(t('app.name'));
  const who = account.value;
  if (who.kind === 'asking') {
    return (
      <Shell>
        <Wait />
      </Shell>
    );
  }
  return (
    <Shell aside={<AccountMenu />}>{who.kind === 'user' ? <Desk name={who.user.displayName} /> : <Welcome />}</Shell>
  );
}

function Welcome() {
  const { kind } = account.value;
  const heading = useHeading();
  return (
    <div class="home">
      <section class="home-lead">
        <Logo />
        <h1 ref={heading} tabIndex={-1}>
          {t('home.title')}
        </h1>
        <p>{t('home.lead')}</p>
      </section>
      <section class="card home-start">
        <EnterCode />
        <CheckLink />
        {kind === 'unknown' && (
          <p class="hint" role="status">
            {t('home.offline')}
          </p>
        )}
      </section>
      {kind === 'guest' && (
        <section class="card home-sign-in" aria-labelledby="how-to-sign-in">
          <h2 id="how-to-sign-in">{t('home.signIn.title')}</h2>
          <a class="button primary" href={pathOf({ page: 'signIn' })}>
            {t('account.signIn')}
          </a>
          <p class="hint">{t('home.signIn.guest')}</p>
        </section>
      )}
    </div>
  );
}

function Desk({ name }: { name: string }) {
  const heading = useHeading();
  return (
    <div class="desk">
      <h1 ref={heading} tabIndex={-1}>
        {t('home.hello', { name })}
      </h1>
      <section class="card desk-start">
        <NewMeeting />
        <EnterCode />
        <CheckLink />
      </section>
      <section class="desk-list" aria-labelledby="my-spaces">
        <header>
          <h2 id="my-spaces">{t('spaces.title')}</h2>
          <a href={pathOf({ page: 'spaces' })}>{t('spaces.all')}</a>
        </header>
        <SpaceList pageSize={LATEST} />
      </section>
      <section class="desk-list" aria-labelledby="past-meetings">
        <header>
          <h2 id="past-meetings">{t('past.title')}</h2>
          <a href={pathOf({ page: 'pastMeetings' })}>{t('past.all')}</a>
        </header>
        <PastMeetingList pageSize={LATEST} />
      </section>
    </div>
  );
}

function CheckLink() {
  return <a href={pathOf({ page: 'check' })}>{t('check.title')}</a>;
}

function NewMeeting() {
  const { working, problem, run } = useDoing();
  const create = () => run(async () => navigate(pathOf({ page: 'meeting', code: await newMeeting() })));
  return (
    <div class="field">
      <button type="button" class="button primary large" disabled={working.value} onClick={create}>
        <Plus />
        {working.value ? t('home.new.working') : t('home.new')}
      </button>
      <p class="hint">{t('home.new.hint')}</p>
      <ProblemNote text={problem.value && t('home.new.failed', { reason: problem.value })} />
    </div>
  );
}

function EnterCode() {
  const invalid = useSignal(false);
  const go = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const input = event.currentTarget.elements.namedItem('code') as HTMLInputElement;
    const code = meetingCodeIn(input.value);
    invalid.value = code === null;
    if (code) navigate(pathOf({ page: 'meeting', code }));
    else input.focus();
  };
  return (
    <form class="field" onSubmit={go} noValidate>
      <label for="code">{t('home.code.label')}</label>
      <div class="joined-input">
        <input
          id="code"
          name="code"
          type="text"
          placeholder={t('home.code.placeholder')}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={invalid.value}
          aria-describedby="code-hint"
          onInput={() => {
            invalid.value = false;
          }}
        />
        <button type="submit" class="button">
          {t('home.code.go')}
        </button>
      </div>
      <p id="code-hint" class={invalid.value ? 'problem' : 'hint'} role={invalid.value ? 'alert' : undefined}>
        {invalid.value ? t('home.code.invalid') : ''}
      </p>
    </form>
  );
}
