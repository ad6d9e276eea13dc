// Who is signed in, and what belongs to an account; the way in for those who are not. The menu is a popover: the browser
// closes it on Escape and on a click elsewhere, and gives the focus back.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { pathOf, signInPath } from '../route.ts';
import { t } from '../text/account.ts';
import { account, signOut } from './account.ts';
import { Account } from './icons.tsx';
import { here } from './navigation.ts';
import { ProblemNote } from './problem.tsx';

export function AccountMenu() {
  const menu = useRef<HTMLDivElement>(null);
  const failed = useSignal(false);
  const who = account.value;
  if (who.kind === 'guest') {
    return (
      <a class="button quiet" href={signInPath(here())}>
        {t('account.signIn')}
      </a>
    );
  }
  if (who.kind !== 'user') return null;
  const { displayName, email, administrator } = who.user;
  const close = () => menu.current?.hidePopover();
  const leave = async () => {
    try {
      await signOut();
    } catch {
      failed.value = true;
    }
  };
  return (
    <>
      <button
        type="button"
        class="button quiet account-button"
        popovertarget="account-menu"
        aria-label={t('account.menu', { name: displayName })}
      >
        <Account />
        <span class="who" dir="auto">{displayName}</span>
      </button>
      <div ref={menu} id="account-menu" class="menu" popover="auto">
        <p class="menu-who">
          {t('account.signedIn', { name: displayName })}
          <span class="hint">{email}</span>
        </p>
        <a href={pathOf({ page: 'spaces' })} onClick={close}>
          {t('spaces.title')}
        </a>
        <a href={pathOf({ page: 'pastMeetings' })} onClick={close}>
          {t('past.title')}
        </a>
        <a href={pathOf({ page: 'calls' })} onClick={close}>
          {t('calls.title')}
        </a>
        {administrator && (
          <a href={pathOf({ page: 'people' })} onClick={close}>
            {t('account.administration')}
          </a>
        )}
        <a href={pathOf({ page: 'password' })} onClick={close}>
          {t('account.password')}
        </a>
        <button type="button" onClick={leave}>
          {t('account.signOut')}
        </button>
        <ProblemNote text={failed.value && t('account.signOut.failed')} />
      </div>
    </>
  );
}
