// Programs that ask people for permission to act for them.

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { createApp, idOf, listApps, nameOf, remove } from '../../api/administration.ts';
import type { App, AppKind, CreateAppResponse } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { ConfirmButton } from '../confirm.tsx';
import { ShownOnce } from '../copy.tsx';
import { download } from '../download.ts';
import { Choice, Field, valueOf } from '../field.tsx';
import { focusHeading } from '../page.tsx';
import { AdministrationPage } from './administration.tsx';
import { AddForm } from './form.tsx';
import { Inventory } from './inventory.tsx';

const KINDS = ['WEB', 'INSTALLED'] as const satisfies readonly AppKind[];

export function AppsPage() {
  return (
    <AdministrationPage office="apps" lead={t('apps.lead')}>
      {() => <Apps />}
    </AdministrationPage>
  );
}

function Apps() {
  const list = useMemo(() => openPages<App>(listApps, nameOf), []);
  const made = useSignal<CreateAppResponse | null>(null);

  const add = async (form: HTMLFormElement) => {
    const answer = await createApp({
      displayName: valueOf(form, 'displayName'),
      kind: valueOf(form, 'kind') as AppKind,
      redirectUris: valueOf(form, 'redirectUris').split(/\s+/).filter(Boolean),
    });
    made.value = answer;
    list.change((items) => [...items, answer.app]);
  };
  const close = () => {
    made.value = null;
    focusHeading();
  };

  return (
    <>
      {made.value && <Secret made={made.value} onClose={close} />}
      <section class="card" aria-label={t('apps.title')}>
        <Inventory
          list={list}
          label={t('apps.title')}
          none={t('apps.none')}
          row={(app, onRemoved) => <Row app={app} onRemoved={onRemoved} />}
        />
      </section>
      <AddApp add={add} />
    </>
  );
}

function AddApp({ add }: { add(form: HTMLFormElement): Promise<void> }) {
  const fields = ['displayName', 'kind', 'redirectUris'];
  return (
    <AddForm title={t('apps.add.title')} button={t('apps.add')} fields={fields} add={add}>
      {(state) => (
        <>
          <Field
            label={t('apps.name')}
            name="displayName"
            required
            autocomplete="off"
            hint={t('apps.name.hint')}
            {...state('displayName')}
          />
          <fieldset class="choices">
            <legend>{t('apps.kind')}</legend>
            {KINDS.map((kind) => (
              <Choice
                key={kind}
                kind="radio"
                name="kind"
                value={kind}
                label={t(`apps.kind.${kind}`)}
                hint={t(`apps.kind.${kind}.text`)}
                defaultChecked={kind === 'WEB'}
              />
            ))}
          </fieldset>
          <Field
            label={t('apps.redirects')}
            name="redirectUris"
            autocomplete="off"
            verbatim
            hint={t('apps.redirects.hint')}
            {...state('redirectUris')}
          />
        </>
      )}
    </AddForm>
  );
}

function Secret({ made: { app, clientSecret, clientFile }, onClose }: { made: CreateAppResponse; onClose(): void }) {
  const values = [{ label: t('apps.clientId'), value: idOf(app.name) }];
  // An installed app may have none.
  if (clientSecret) values.push({ label: t('apps.secret'), value: clientSecret });
  return (
    <ShownOnce
      title={t('apps.made', { name: app.displayName })}
      text={clientSecret ? t('apps.made.secret') : t('apps.made.noSecret')}
      values={values}
      onClose={onClose}
    >
      {clientFile && (
        <button
          type="button"
          class="button"
          onClick={() => download('client_secret.json', 'application/json', clientFile)}
        >
          {t('apps.file')}
        </button>
      )}
    </ShownOnce>
  );
}

function Row({ app, onRemoved }: { app: App; onRemoved(): void }) {
  const { name, displayName, kind, redirectUris = [] } = app;
  return (
    <div class="row">
      <div class="row-main">
        <span class="row-title">{displayName}</span>
        <span class="tag">{t(`apps.kind.${kind}`)}</span>
        <p class="hint">{t('apps.clientIdIs', { id: idOf(name) })}</p>
        {redirectUris.map((uri) => (
          <p key={uri} class="hint code">
            {uri}
          </p>
        ))}
      </div>
      <div class="row-actions">
        <ConfirmButton
          label={t('apps.remove')}
          name={t('apps.removeOf', { name: displayName })}
          title={t('apps.remove.title', { name: displayName })}
          text={t('apps.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
    </div>
  );
}
