// Programs that act by a key of their own, and their keys. A key file is made, saved, and never shown again.

import { useMemo } from 'preact/hooks';
import {
  createKey,
  createServiceAccount,
  idOf,
  listKeys,
  listServiceAccounts,
  nameOf,
  remove,
} from '../../api/administration.ts';
import type { ServiceAccount, ServiceAccountKey } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { ConfirmButton } from '../confirm.tsx';
import { download } from '../download.ts';
import { Field, valueOf } from '../field.tsx';
import { SavingNote, useSaving } from '../saving.tsx';
import { dayText } from '../times.ts';
import { AdministrationPage } from './administration.tsx';
import { AddForm } from './form.tsx';
import { Inventory } from './inventory.tsx';

export function ServiceAccountsPage() {
  return (
    <AdministrationPage office="serviceAccounts" lead={t('accounts.lead')}>
      {() => <ServiceAccounts />}
    </AdministrationPage>
  );
}

function ServiceAccounts() {
  const list = useMemo(() => openPages<ServiceAccount>(listServiceAccounts, nameOf), []);
  const add = async (form: HTMLFormElement) => {
    const made = await createServiceAccount(valueOf(form, 'accountId'));
    list.change((items) => [...items, made]);
  };
  return (
    <>
      <section class="card" aria-label={t('accounts.title')}>
        <Inventory
          list={list}
          label={t('accounts.title')}
          none={t('accounts.none')}
          row={(account, onRemoved) => <Row account={account} onRemoved={onRemoved} />}
        />
      </section>
      <AddForm title={t('accounts.add.title')} button={t('accounts.add')} fields={['accountId']} add={add}>
        {(state) => (
          <Field
            label={t('accounts.id')}
            name="accountId"
            required
            autocomplete="off"
            verbatim
            hint={t('accounts.id.hint')}
            {...state('accountId')}
          />
        )}
      </AddForm>
    </>
  );
}

function Row({ account, onRemoved }: { account: ServiceAccount; onRemoved(): void }) {
  const { name, email } = account;
  const keys = useMemo(() => openPages<ServiceAccountKey>(() => listKeys(name)), [name]);
  const saving = useSaving();
  const make = () =>
    void saving.run(async () => {
      const { key, keyFile } = await createKey(name);
      download('key.json', 'application/json', keyFile);
      keys.change((items) => [...items, key]);
    }, t('accounts.key.made'));
  return (
    <div class="row with-details">
      <div class="row-main">
        <span class="row-title">{email}</span>
        <p class="hint">{t('apps.clientIdIs', { id: idOf(name) })}</p>
      </div>
      <div class="row-actions">
        <button
          type="button"
          class="button quiet small"
          aria-label={t('accounts.key.addOf', { name: email })}
          onClick={make}
        >
          {t('accounts.key.add')}
        </button>
        <ConfirmButton
          label={t('accounts.remove')}
          name={t('accounts.removeOf', { name: email })}
          title={t('accounts.remove.title', { name: email })}
          text={t('accounts.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
      <div class="row-details">
        <SavingNote saving={saving} />
        <Inventory
          list={keys}
          label={t('accounts.keysOf', { name: email })}
          none={t('accounts.key.none')}
          row={(key, onRemoved) => <KeyRow of={key} onRemoved={onRemoved} />}
        />
      </div>
    </div>
  );
}

/** `of`, because a `key` is Preact's own. */
function KeyRow({ of: { name, createTime }, onRemoved }: { of: ServiceAccountKey; onRemoved(): void }) {
  return (
    <div class="row">
      <p class="row-main hint">
        <span class="code">{idOf(name)}</span>
        {createTime && <span>{t('accounts.key.since', { day: dayText(Date.parse(createTime)) })}</span>}
      </p>
      <div class="row-actions">
        <ConfirmButton
          label={t('accounts.key.remove')}
          name={t('accounts.key.removeOf', { key: idOf(name) })}
          title={t('accounts.key.remove.title')}
          text={t('accounts.key.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
    </div>
  );
}
