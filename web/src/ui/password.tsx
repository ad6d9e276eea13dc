// How one signs in: one's own password, and the links that others made.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { setPassword } from '../api/account.ts';
import { t } from '../text/account.ts';
import { Field } from './field.tsx';
import { MadeLinks } from './madeLinks.tsx';
import { Page } from './page.tsx';
import { problemOfPassword } from './passwordRules.ts';
import { SavingNote, useSaving } from './saving.tsx';

export function PasswordPage() {
  return (
    <Page name="password" lead={t('password.lead')} up={{ page: 'home' }}>
      {() => (
        <>
          <PasswordForm />
          <MadeLinks />
        </>
      )}
    </Page>
  );
}

function PasswordForm() {
  const saving = useSaving();
  const problem = useSignal<ReturnType<typeof problemOfPassword>>(null);

  const submit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const [old, first, again] = ['old', 'password', 'again'].map(
      (name) => form.elements.namedItem(name) as HTMLInputElement,
    );
    if (!old || !first || !again) return;
    problem.value = problemOfPassword(first.value, again.value);
    if (problem.value) {
      (problem.value === 'differs' ? again : first).focus();
    } else if (await saving.run(() => setPassword(first.value, old.value), t('password.saved'))) {
      form.reset();
    }
  };

  const forget = () => {
    problem.value = null;
  };
  const why = problem.value;
  return (
    <form class="card form" onSubmit={submit} noValidate aria-label={t('account.password')}>
      <Field
        label={t('password.old')}
        name="old"
        type="password"
        autocomplete="current-password"
        hint={t('password.old.hint')}
      />
      <Field
        label={t('password.new')}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={t('password.hint')}
        problem={why === 'short' ? t('password.short') : ''}
        onInput={forget}
      />
      <Field
        label={t('password.again')}
        name="again"
        type="password"
        autocomplete="new-password"
        problem={why === 'differs' ? t('password.differs') : ''}
        onInput={forget}
      />
      <button type="submit" class="button primary">
        {t('password.save')}
      </button>
      <SavingNote saving={saving} />
    </form>
  );
}
