// An app wants to act for somebody: which app, as whom, and what it may do then. Nothing is decided by opening this page.

import { useSignal } from '@preact/signals';
import { answer, type ConsentRequest, consentRequest } from '../../api/consent.ts';
import { signInPath } from '../../route.ts';
import { t } from '../../text/account.ts';
import { account, signOut } from '../account.ts';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { here, navigate } from '../navigation.ts';
import { Page } from '../page.tsx';
import { ProblemNote } from '../problem.tsx';
import { reasonOf } from '../reason.ts';
import { sorted, textKey } from './scopes.ts';

export function ConsentPage() {
  const request = new URLSearchParams(location.search).get('request') ?? '';
  return <Page name="consent">{() => <Load request={request} />}</Page>;
}

async function ask(request: string) {
  const asked = await consentRequest(request);
  if ('redirect' in asked) location.replace(asked.redirect);
  return asked;
}

function Load({ request }: { request: string }) {
  const { state, again } = useLoaded(request, () => ask(request));
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      return (
        <div class="card gate">
          <p>{t('consent.failed')}</p>
          <Failed error={state.error} onAgain={again} />
        </div>
      );
    case 'ready':
      if ('redirect' in state.value) return <Wait />;
      return <Question request={request} asked={state.value} />;
  }
}

function Question({ request, asked: { app, scopes, loginHint } }: { request: string; asked: ConsentRequest }) {
  const working = useSignal(false);
  const problem = useSignal('');
  const who = account.value;
  const { known, others } = sorted(scopes.map(({ scope }) => scope));

  const decide = async (approve: boolean) => {
    working.value = true;
    problem.value = '';
    try {
      // Another site, or a program on this machine: not a page of this one.
      location.assign(await answer(request, approve));
    } catch (error) {
      problem.value = reasonOf(error);
      working.value = false;
    }
  };
  const switchAccount = async () => {
    try {
      await signOut();
      navigate(signInPath(here()));
    } catch (error) {
      problem.value = reasonOf(error);
    }
  };

  return (
    <section class="card consent" aria-labelledby="consent-app">
      <h2 id="consent-app">{t('consent.app', { app: app.name })}</h2>
      {who.kind === 'user' && (
        <p>
          {t('consent.account', { name: who.user.displayName, email: who.user.email })}{' '}
          <button type="button" class="link" onClick={switchAccount}>
            {t('consent.switch')}
          </button>
        </p>
      )}
      {who.kind === 'user' && loginHint && loginHint.toLowerCase() !== who.user.email.toLowerCase() && (
        <p class="hint">{t('consent.expected', { email: loginHint })}</p>
      )}
      <p id="consent-scopes">{t('consent.may')}</p>
      <ul aria-labelledby="consent-scopes">
        {known.map((scope) => (
          <li key={scope}>{t(`scope.${textKey(scope)}`)}</li>
        ))}
        {others.map((scope) => (
          <li key={scope}>{scopes.find((asked) => asked.scope === scope)?.description}</li>
        ))}
      </ul>
      <p class="hint">{t('consent.hint')}</p>
      <ProblemNote text={problem.value} />
      <div class="form-actions">
        <button type="button" class="button" disabled={working.value} onClick={() => void decide(false)}>
          {t('consent.cancel')}
        </button>
        <button type="button" class="button primary" disabled={working.value} onClick={() => void decide(true)}>
          {t('consent.allow')}
        </button>
      </div>
    </section>
  );
}
