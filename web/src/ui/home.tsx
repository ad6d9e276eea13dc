// The first page: start a meeting, or enter the code of one; and how to sign in, for those who are not.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { ApiError } from '../api/call.ts';
import { newMeeting } from '../api/meetings.ts';
import { meetingCodeIn } from '../route.ts';
import { t } from '../text/text.ts';
import { account, signOut } from './account.ts';
import { Plus } from './icons.tsx';
import { Logo } from './logo.tsx';
import { navigate } from './navigation.ts';
import { Shell, useTitle } from './shell.tsx';

export function Home() {
  useTitle(t('app.name'));
  const { kind } = account.value;
  return (
    <Shell aside={<WhoIsHere />}>
      <div class="home">
        <section class="home-lead">
          <Logo />
          <h1>{t('home.title')}</h1>
          <p>{t('home.lead')}</p>
        </section>
        <section class="card home-start">
          {kind === 'user' && (
            <>
              <NewMeeting />
              <div class="divider">{t('home.or')}</div>
            </>
          )}
          <EnterCode />
          {kind === 'unknown' && (
            <p class="hint" role="status">
              {t('home.offline')}
            </p>
          )}
        </section>
        {kind === 'guest' && <HowToSignIn />}
      </div>
    </Shell>
  );
}

function WhoIsHere() {
  const failed = useSignal(false);
  const who = account.value;
  if (who.kind !== 'user') return null;
  const leave = () =>
    signOut().catch(() => {
      failed.value = true;
    });
  return (
    <>
      <span class="who" title={who.user.email}>
        {t('home.signedIn', { name: who.user.displayName })}
      </span>
      <button type="button" class="button quiet" onClick={leave}>
        {t('home.signOut')}
      </button>
      {failed.value && <span role="alert">{t('home.signOut.failed')}</span>}
    </>
  );
}

function NewMeeting() {
  const working = useSignal(false);
  const problem = useSignal('');
  const create = async () => {
    working.value = true;
    problem.value = '';
    try {
      navigate(`/${await newMeeting()}`);
    } catch (error) {
      problem.value = reasonOf(error);
      working.value = false;
    }
  };
  return (
    <div class="field">
      <button type="button" class="button primary large" disabled={working.value} onClick={create}>
        <Plus />
        {working.value ? t('home.new.working') : t('home.new')}
      </button>
      <p class="hint">{t('home.new.hint')}</p>
      {problem.value && (
        <p class="problem" role="alert">
          {t('home.new.failed', { reason: problem.value })}
        </p>
      )}
    </div>
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  return error.status === 'UNREACHABLE' ? t('error.unreachable') : error.message;
}

function EnterCode() {
  const invalid = useSignal(false);
  const go = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const input = event.currentTarget.elements.namedItem('code') as HTMLInputElement;
    const code = meetingCodeIn(input.value);
    invalid.value = code === null;
    if (code) navigate(`/${code}`);
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

function HowToSignIn() {
  return (
    <section class="card home-sign-in" aria-labelledby="how-to-sign-in">
      <h2 id="how-to-sign-in">{t('home.signIn.title')}</h2>
      <p>{t('home.signIn.how')}</p>
      <pre>
        <code>{t('home.signIn.command')}</code>
      </pre>
      <p>{t('home.signIn.once')}</p>
      <p class="hint">{t('home.signIn.guest')}</p>
    </section>
  );
}
