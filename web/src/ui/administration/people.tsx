// Everybody with an account. Whoever is added gets in by a one-time link, which the administrator sends them.

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { createUser, deleteUser, invite, listUsers, nameOf, setAdministrator } from '../../api/administration.ts';
import type { UserAccount } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { account } from '../account.ts';
import { ConfirmButton } from '../confirm.tsx';
import { ShownOnce } from '../copy.tsx';
import { Choice, Field, valueOf } from '../field.tsx';
import { focusHeading } from '../page.tsx';
import { SavingNote, useSaving } from '../saving.tsx';
import { AdministrationPage } from './administration.tsx';
import { AddForm } from './form.tsx';
import { Inventory } from './inventory.tsx';

interface Invitation {
  /** Of the person whom it is for. */
  name: string;
  link: string;
}

export function PeoplePage() {
  return (
    <AdministrationPage office="people" lead={t('people.lead')}>
      {() => <People />}
    </AdministrationPage>
  );
}

function People() {
  const list = useMemo(() => openPages<UserAccount>(listUsers, nameOf), []);
  const invitation = useSignal<Invitation | null>(null);
  const saving = useSaving();

  const replace = (changed: UserAccount) =>
    list.change((items) => items.map((item) => (item.name === changed.name ? changed : item)));
  const linkFor = async (user: UserAccount) => {
    invitation.value = { name: user.displayName, link: await invite(user.name) };
  };
  const add = async (form: HTMLFormElement) => {
    const user = await createUser(valueOf(form, 'email'), valueOf(form, 'displayName'));
    list.change((items) => [...items, user].sort((a, b) => a.email.localeCompare(b.email)));
    // Made already: without a link now, there is a button for one in the list.
    await saving.run(() => linkFor(user), t('people.added', { name: user.displayName }));
  };
  const close = () => {
    invitation.value = null;
    focusHeading();
  };

  return (
    <>
      {invitation.value && <InvitationLink invitation={invitation.value} onClose={close} />}
      <section class="card" aria-label={t('people.title')}>
        <SavingNote saving={saving} />
        <Inventory
          list={list}
          label={t('people.title')}
          none={t('people.none')}
          row={(user, onRemoved) => (
            <Row
              user={user}
              onInvite={() => void saving.run(() => linkFor(user), '')}
              onAdministrator={(administrator) =>
                void saving.run(async () => replace(await setAdministrator(user.name, administrator)))
              }
              onRemoved={onRemoved}
            />
          )}
        />
      </section>
      <AddPerson add={add} />
    </>
  );
}

function InvitationLink({ invitation: { name, link }, onClose }: { invitation: Invitation; onClose(): void }) {
  return (
    <ShownOnce
      title={t('people.link.title', { name })}
      text={t('people.link.text')}
      values={[{ label: t('people.link'), value: link }]}
      onClose={onClose}
    />
  );
}

function AddPerson({ add }: { add(form: HTMLFormElement): Promise<void> }) {
  return (
    <AddForm title={t('people.add.title')} button={t('people.add')} fields={['email', 'displayName']} add={add}>
      {(state) => (
        <>
          <Field label={t('people.email')} name="email" type="email" required autocomplete="off" {...state('email')} />
          <Field
            label={t('people.name')}
            name="displayName"
            autocomplete="off"
            hint={t('people.name.hint')}
            {...state('displayName')}
          />
        </>
      )}
    </AddForm>
  );
}

interface RowProps {
  user: UserAccount;
  onInvite(): void;
  onAdministrator(administrator: boolean): void;
  onRemoved(): void;
}

function Row({ user, onInvite, onAdministrator, onRemoved }: RowProps) {
  const forget = useSignal(false);
  const { name, displayName, email, administrator = false } = user;
  const who = account.value;
  const isOneself = who.kind === 'user' && who.user.name === name;
  return (
    <div class="row">
      <div class="row-main">
        <span class="row-title">{displayName}</span>
        {administrator && <span class="tag">{t('people.administrator')}</span>}
        {isOneself && <span class="tag">{t('people.you')}</span>}
        <p class="hint">{email}</p>
      </div>
      <div class="row-actions">
        <button
          type="button"
          class="button quiet small"
          aria-label={t('people.inviteOf', { name: displayName })}
          onClick={onInvite}
        >
          {t('people.invite')}
        </button>
        {/* Whoever locks themselves out here finds nobody to let them in again. */}
        {!isOneself && (
          <>
            <button
              type="button"
              class="button quiet small"
              aria-label={
                administrator
                  ? t('people.demoteOf', { name: displayName })
                  : t('people.promoteOf', { name: displayName })
              }
              onClick={() => onAdministrator(!administrator)}
            >
              {administrator ? t('people.demote') : t('people.promote')}
            </button>
            <ConfirmButton
              label={t('people.remove')}
              name={t('people.removeOf', { name: displayName })}
              title={t('people.remove.title', { name: displayName })}
              text={t('people.remove.text')}
              action={() => deleteUser(name, forget.peek())}
              onDone={onRemoved}
            >
              <Choice
                kind="checkbox"
                label={t('people.forget')}
                hint={t('people.forget.text')}
                checked={forget.value}
                onChange={() => {
                  forget.value = !forget.value;
                }}
              />
            </ConfirmButton>
          </>
        )}
      </div>
    </div>
  );
}
