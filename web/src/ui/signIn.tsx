// The way in: by a one-time link, by e-mail and password, or through another provider. The secret of a link stands behind the
// `#`, so that it reaches no log; it is taken out of the address bar before anything else, because an address bar is read over
// shoulders and synchronised to other devices.

import { type Signal, useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useEffect } from 'preact/hooks';
import { providerPath, signIn, signInWithPassword, type User } from '../api/account.ts';
import { ApiError } from '../api/request.ts';
import { pathOf, returnPath } from '../route.ts';
import { t } from '../text/account.ts';
import { account, askForAccount, provider, signedIn } from './account.ts';
import { Field, valueOf } from './field.tsx';
import { navigate } from './navigation.ts';
import { reasonOf } from './reason.ts';
import { PlainPage } from './shell.tsx';
import './styles/account.css';

type State =
  | { kind: 'form' }
  | { kind: 'working' }
  | { kind: 'welcome'; name: string }
  /** The link is for this person, and somebody else is signed in. */
  | { kind: 'other'; name: string; email: string; here: User }
  | { kind: 'failed' }
  /** The server takes this page for another's. */
  | { kind: 'foreign'; text: string }
  | { kind: 'unreachable' };

/** Long enough to read one's name. */
const WELCOME_MS = 900;

/** Why another provider's word was not enough, as the server says it in the address. */
const PROBLEMS = ['provider', 'expired', 'address', 'account', 'server'] as const;

export function SignIn() {
  const secret = useSignal('');
  const query = useSignal(location.search);
  const state = useSignal<State>({ kind: location.hash ? 'working' : 'form' });

  const enter = (user: User) => {
    signedIn(user);
    state.value = { kind: 'welcome', name: user.displayName };
    setTimeout(() => navigate(returnPath(query.peek())), WELCOME_MS);
  };

  /** Whether the address is that of a link. */
  const takeLink = () => {
    const found = location.hash.slice(1);
    history.replaceState(null, '', location.pathname + location.search);
    if (!found) return false;
    secret.value = found;
    void redeem();
    return true;
  };

  const redeem = async (insteadOf?: string) => {
    state.value = { kind: 'working' };
    try {
      enter(await signIn(secret.peek(), insteadOf));
    } catch (error) {
      state.value = await stateAfter(error);
    }
  };

  useEffect(() => {
    // Another link in the same tab is the same page with something else behind the `#`.
    addEventListener('hashchange', takeLink);
    // Whoever is signed in already needs no form.
    if (!takeLink()) void askForAccount();
    return () => removeEventListener('hashchange', takeLink);
  }, []);

  const now = state.value;
  switch (now.kind) {
    case 'form':
      return <SignInForm to={returnPath(query.value)} problem={problemIn(query.value)} onSignedIn={enter} />;
    case 'working':
      return <PlainPage busy title={t('signIn.title')} text={t('signIn.working')} />;
    case 'welcome':
      return <PlainPage title={t('signIn.welcome', { name: now.name })} text={t('app.loading')} />;
    case 'other':
      return <OtherAccount {...now} to={returnPath(query.value)} onGoOn={redeem} />;
    case 'unreachable':
      return (
        <PlainPage title={t('signIn.title')} text={t('signIn.failed.unreachable')}>
          <button type="button" class="button primary" onClick={() => redeem()}>
            {t('app.again')}
          </button>
          <ToHome />
        </PlainPage>
      );
    case 'foreign':
      return (
        <PlainPage title={t('signIn.foreign.title')} text={now.text}>
          <ToHome />
        </PlainPage>
      );
    case 'failed':
      return <UsedUp onOtherWay={() => (state.value = { kind: 'form' })} />;
  }
}

function ToHome() {
  return (
    <a class="button" href="/">
      {t('signIn.home')}
    </a>
  );
}

function UsedUp({ onOtherWay }: { onOtherWay(): void }) {
  return (
    <PlainPage title={t('signIn.failed.title')} text={`${t('signIn.failed.used')} ${t('signIn.failed.next')}`}>
      <a class="button primary" href={pathOf({ page: 'signIn' })} onClick={onOtherWay}>
        {t('signIn.otherWay')}
      </a>
      <ToHome />
    </PlainPage>
  );
}

interface OtherAccountProps {
  /** For whom the link is. */
  name: string;
  email: string;
  /** Who is signed in. */
  here: User;
  to: string;
  onGoOn(insteadOf: string): void;
}

/** The link is used up only when somebody says that they want to be whom it is for. */
function OtherAccount({ name, email, here, to, onGoOn }: OtherAccountProps) {
  const text = t('signIn.other.text', { name, email, here: here.displayName, hereEmail: here.email });
  return (
    <PlainPage title={t('signIn.other.title', { name })} text={text}>
      <button type="button" class="button primary" onClick={() => onGoOn(here.name)}>
        {t('signIn.other.goOn', { name })}
      </button>
      <a class="button" href={to}>
        {t('signIn.other.stay', { name: here.displayName })}
      </a>
    </PlainPage>
  );
}

async function stateAfter(refusal: unknown): Promise<State> {
  const known = refusal instanceof ApiError ? refusal : null;
  if (known?.reason === 'OTHER_ACCOUNT') {
    await askForAccount();
    const who = account.peek();
    const { displayName: name = '', email = '' } = known.metadata;
    return who.kind === 'user' ? { kind: 'other', name, email, here: who.user } : { kind: 'unreachable' };
  }
  if (known?.reason === 'ORIGIN_NOT_ALLOWED') {
    return { kind: 'foreign', text: `${foreignText(known)} ${t('signIn.foreign.unused')}` };
  }
  // Whoever was signed in here still is.
  void askForAccount();
  return { kind: known?.mayPass ? 'unreachable' : 'failed' };
}

/** Both addresses, for whoever runs the server: a proxy in front of it, or its public URL, says another than the browser's. */
function foreignText({ metadata }: ApiError): string {
  return t('signIn.foreign.text', { here: location.origin, believed: metadata.publicUrl ?? '', host: metadata.host ?? '' });
}

function problemIn(query: string): string {
  const problem = new URLSearchParams(query).get('problem');
  const known = PROBLEMS.find((known) => known === problem);
  return known ? t(`signIn.problem.${known}`) : '';
}

interface SignInFormProps {
  to: string;
  /** What went wrong before one came here. */
  problem: string;
  onSignedIn(user: User): void;
}

function SignInForm({ to, problem, onSignedIn }: SignInFormProps) {
  const failure = useSignal(problem);
  const who = account.value;
  const other = provider.value;
  if (who.kind === 'user') {
    return (
      <PlainPage title={t('account.signedIn', { name: who.user.displayName })} text={who.user.email}>
        <a class="button primary" href={to}>
          {t('signIn.goOn')}
        </a>
      </PlainPage>
    );
  }
  return (
    <PlainPage title={t('signIn.form.title')} text="">
      <div class="card sign-in">
        {failure.value && (
          <p class="problem" role="alert" id="sign-in-problem">
            {failure.value}
          </p>
        )}
        <PasswordForm failure={failure} onSignedIn={onSignedIn} />
        {other && (
          <>
            <div class="divider">{t('home.or')}</div>
            {/* The server makes that page, and leads on from it. */}
            <a class="button" rel="external" href={providerPath(to)}>
              {t('signIn.provider', { provider: other.displayName })}
            </a>
          </>
        )}
        <details class="hint">
          <summary>{t('signIn.link.title')}</summary>
          <p>{t('signIn.link.text')}</p>
          <pre>
            <code>{t('signIn.link.command')}</code>
          </pre>
        </details>
      </div>
    </PlainPage>
  );
}

interface PasswordFormProps {
  /** Where it says what went wrong; empty if nothing. */
  failure: Signal<string>;
  onSignedIn(user: User): void;
}

function PasswordForm({ failure, onSignedIn }: PasswordFormProps) {
  const working = useSignal(false);

  const submit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const password = form.elements.namedItem('password') as HTMLInputElement;
    const email = valueOf(form, 'email');
    if (!email || !password.value) {
      failure.value = t('signIn.form.missing');
      (email ? password : (form.elements.namedItem('email') as HTMLInputElement)).focus();
      return;
    }
    working.value = true;
    failure.value = '';
    try {
      onSignedIn(await signInWithPassword(email, password.value));
    } catch (error) {
      const wrong = error instanceof ApiError && error.status === 'UNAUTHENTICATED';
      const foreign = error instanceof ApiError && error.reason === 'ORIGIN_NOT_ALLOWED';
      failure.value = wrong ? t('signIn.form.wrong') : foreign ? foreignText(error) : reasonOf(error);
      working.value = false;
      password.select();
    }
  };

  return (
    <form onSubmit={submit} noValidate aria-label={t('signIn.form.title')}>
      <Field label={t('signIn.form.email')} name="email" type="email" autocomplete="username" required />
      <Field
        label={t('signIn.form.password')}
        name="password"
        type="password"
        autocomplete="current-password"
        required
      />
      <button type="submit" class="button primary" disabled={working.value}>
        {working.value ? t('signIn.form.working') : t('account.signIn')}
      </button>
    </form>
  );
}
