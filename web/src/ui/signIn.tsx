// Where a one-time link leads. The secret stands behind the `#`, so that it reaches no log; it is taken out of the address
// bar before anything else, because an address bar is read over shoulders and synchronised to other devices.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { signIn } from '../api/account.ts';
import { ApiError } from '../api/call.ts';
import { t } from '../text/text.ts';
import { askForAccount, signedIn } from './account.ts';
import { navigate } from './navigation.ts';
import { PlainPage } from './shell.tsx';

type State = { kind: 'working' } | { kind: 'welcome'; name: string } | { kind: 'failed' } | { kind: 'unreachable' };

/** Long enough to read one's name. */
const WELCOME_MS = 900;

export function SignIn() {
  const state = useSignal<State>({ kind: 'working' });
  const secret = useSignal(location.hash.slice(1));

  const redeem = async () => {
    if (!secret.peek()) {
      state.value = { kind: 'failed' };
      return;
    }
    state.value = { kind: 'working' };
    try {
      const user = await signIn(secret.peek());
      signedIn(user);
      state.value = { kind: 'welcome', name: user.displayName };
      setTimeout(() => navigate('/'), WELCOME_MS);
    } catch (error) {
      state.value = { kind: error instanceof ApiError && error.mayPass ? 'unreachable' : 'failed' };
      // Whoever was signed in here still is.
      void askForAccount();
    }
  };

  useEffect(() => {
    history.replaceState(null, '', location.pathname);
    void redeem();
  }, []);

  const now = state.value;
  const home = (
    <a class="button" href="/">
      {t('signIn.home')}
    </a>
  );
  switch (now.kind) {
    case 'working':
      return <PlainPage busy title={t('signIn.title')} text={t('signIn.working')} />;
    case 'welcome':
      return <PlainPage title={t('signIn.welcome', { name: now.name })} text={t('app.loading')} />;
    case 'unreachable':
      return (
        <PlainPage title={t('signIn.title')} text={t('signIn.failed.unreachable')}>
          <button type="button" class="button primary" onClick={redeem}>
            {t('signIn.again')}
          </button>
          {home}
        </PlainPage>
      );
    case 'failed':
      return (
        <PlainPage title={t('signIn.failed.title')} text={`${t('signIn.failed.used')} ${t('signIn.failed.next')}`}>
          {home}
        </PlainPage>
      );
  }
}
