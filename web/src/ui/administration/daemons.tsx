// Programs that act for nobody, by roles of their own: what they may do, and what they sign in with. A secret is made, saved, and
// never shown again; a certificate comes from a file, and its key stays with the program.

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import {
  createCertificate,
  createDaemon,
  createSecret,
  idOf,
  listCredentials,
  listDaemons,
  nameOf,
  remove,
  setRoles,
} from '../../api/administration.ts';
import type { Daemon, DaemonCredential } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { ConfirmButton } from '../confirm.tsx';
import { download } from '../download.ts';
import { Choice, Field, valueOf } from '../field.tsx';
import { SavingNote, useSaving } from '../saving.tsx';
import { dayText } from '../times.ts';
import { AdministrationPage } from './administration.tsx';
import { AddForm } from './form.tsx';
import { Inventory } from './inventory.tsx';

/** Under the names of Graph's contract, which administrators know from elsewhere. */
const ROLES = ['CallRecords.Read.All', 'CallRecord-PstnCalls.Read.All', 'OnlineMeetingArtifact.Read.All'] as const;

/** The last parts of the keys of their texts: a dot would end the name of a key. */
const ROLE_TEXTS = {
  'CallRecords.Read.All': 'callRecords',
  'CallRecord-PstnCalls.Read.All': 'pstnCalls',
  'OnlineMeetingArtifact.Read.All': 'attendance',
} as const;

export function DaemonsPage() {
  return (
    <AdministrationPage office="daemons" lead={t('daemons.lead')}>
      {() => <Daemons />}
    </AdministrationPage>
  );
}

function Daemons() {
  const tenant = useSignal('');
  const list = useMemo(
    () =>
      openPages<Daemon>(async (pageToken) => {
        const answer = await listDaemons(pageToken);
        tenant.value = answer.tenant;
        return answer;
      }, nameOf),
    [tenant],
  );
  const add = async (form: HTMLFormElement) => {
    const roles = new FormData(form).getAll('roles').map(String);
    const made = await createDaemon(valueOf(form, 'displayName'), roles);
    list.change((items) => [...items, made]);
  };
  return (
    <>
      <section class="card" aria-label={t('daemons.title')}>
        {tenant.value && (
          <p class="hint">
            {t('daemons.tenant')} <span class="code">{tenant.value}</span>
          </p>
        )}
        <Inventory
          list={list}
          label={t('daemons.title')}
          none={t('daemons.none')}
          row={(daemon, onRemoved) => <Row daemon={daemon} onRemoved={onRemoved} />}
        />
      </section>
      <AddForm title={t('daemons.add.title')} button={t('daemons.add')} fields={['displayName', 'roles']} add={add}>
        {(state) => (
          <>
            <Field
              label={t('daemons.name')}
              name="displayName"
              required
              autocomplete="off"
              {...state('displayName')}
            />
            <fieldset class="choices">
              <legend>{t('daemons.roles')}</legend>
              {ROLES.map((role) => (
                <Choice
                  key={role}
                  kind="checkbox"
                  name="roles"
                  value={role}
                  label={t(`role.${ROLE_TEXTS[role]}`)}
                  hint={<span class="code">{role}</span>}
                />
              ))}
            </fieldset>
          </>
        )}
      </AddForm>
    </>
  );
}

function Row({ daemon, onRemoved }: { daemon: Daemon; onRemoved(): void }) {
  const { name, displayName } = daemon;
  const credentials = useMemo(() => openPages<DaemonCredential>(() => listCredentials(name), nameOf), [name]);
  const saving = useSaving();
  const makeSecret = () =>
    void saving.run(async () => {
      const { credential, environment } = await createSecret(name);
      download(`${idOf(name)}.env`, 'text/plain', environment);
      credentials.change((items) => [credential, ...items]);
    }, t('daemons.secret.made'));
  const takeCertificate = (file: File) =>
    void saving.run(async () => {
      const { credential } = await createCertificate(name, await file.text());
      credentials.change((items) => [credential, ...items]);
    }, t('daemons.certificate.taken'));
  return (
    <div class="row with-details">
      <div class="row-main">
        <span class="row-title">{displayName}</span>
        <p class="hint">{t('apps.clientIdIs', { id: idOf(name) })}</p>
      </div>
      <div class="row-actions">
        <button
          type="button"
          class="button quiet small"
          aria-label={t('daemons.secret.addOf', { name: displayName })}
          onClick={makeSecret}
        >
          {t('daemons.secret.add')}
        </button>
        <ConfirmButton
          label={t('daemons.remove')}
          name={t('daemons.removeOf', { name: displayName })}
          title={t('daemons.remove.title', { name: displayName })}
          text={t('daemons.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
      <div class="row-details">
        <RoleChoices daemon={daemon} />
        <SavingNote saving={saving} />
        <label class="field">
          <span>{t('daemons.certificate.of', { name: displayName })}</span>
          <input
            type="file"
            accept=".pem,.crt,.cer"
            onChange={({ currentTarget: { files } }) => files?.[0] && takeCertificate(files[0])}
          />
        </label>
        <Inventory
          list={credentials}
          label={t('daemons.credentialsOf', { name: displayName })}
          none={t('daemons.credential.none')}
          row={(credential, onRemoved) => <CredentialRow credential={credential} onRemoved={onRemoved} />}
        />
      </div>
    </div>
  );
}

/** What it may do: each choice is saved at once, and holds from the program's next request on. */
function RoleChoices({ daemon: { name, displayName, roles = [] } }: { daemon: Daemon }) {
  const held = useSignal<readonly string[]>(roles);
  const saving = useSaving();
  const toggle = (role: string) =>
    void saving.run(async () => {
      const wanted = held.value.includes(role) ? held.value.filter((one) => one !== role) : [...held.value, role];
      held.value = (await setRoles(name, wanted)).roles ?? [];
    }, t('daemons.roles.saved'));
  return (
    <fieldset class="choices">
      <legend>{t('daemons.rolesOf', { name: displayName })}</legend>
      {ROLES.map((role) => (
        <Choice
          key={role}
          kind="checkbox"
          label={t(`role.${ROLE_TEXTS[role]}`)}
          hint={<span class="code">{role}</span>}
          checked={held.value.includes(role)}
          onChange={() => toggle(role)}
        />
      ))}
      <SavingNote saving={saving} />
    </fieldset>
  );
}

interface CredentialRowProps {
  credential: DaemonCredential;
  onRemoved(): void;
}

function CredentialRow({ credential: { name, kind, expireTime }, onRemoved }: CredentialRowProps) {
  const id = idOf(name);
  return (
    <div class="row">
      <p class="row-main hint">
        <span class="tag">{kind === 'CERTIFICATE' ? t('daemons.certificate') : t('daemons.secret')}</span>
        <span class="code">{id}</span>
        {expireTime && <span>{t('daemons.credential.until', { day: dayText(Date.parse(expireTime)) })}</span>}
      </p>
      <div class="row-actions">
        <ConfirmButton
          label={t('accounts.key.remove')}
          name={t('daemons.credential.removeOf', { id })}
          title={t('daemons.credential.remove.title')}
          text={t('accounts.key.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
    </div>
  );
}
