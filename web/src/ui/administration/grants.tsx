// Which service accounts may act as any user here, and for what (domain-wide delegation).

import { useMemo } from 'preact/hooks';
import { createGrant, listGrants, nameOf, remove } from '../../api/administration.ts';
import type { Grant } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { ConfirmButton } from '../confirm.tsx';
import { fullName, SCOPES, sorted, textKey } from '../consent/scopes.ts';
import { Choice, Field, valueOf } from '../field.tsx';
import { ProblemNote } from '../problem.tsx';
import { AdministrationPage } from './administration.tsx';
import { AddForm } from './form.tsx';
import { Inventory } from './inventory.tsx';

export function GrantsPage() {
  return (
    <AdministrationPage office="grants" lead={t('grants.lead')}>
      {() => <Grants />}
    </AdministrationPage>
  );
}

function Grants() {
  const list = useMemo(() => openPages<Grant>(listGrants, nameOf), []);
  const add = async (form: HTMLFormElement) => {
    const scopes = new FormData(form).getAll('scopes').map(String);
    if (scopes.length === 0) throw new Error(t('grants.scopes.missing'));
    const grant = await createGrant(valueOf(form, 'clientId'), scopes);
    // One grant for each account: a new one takes the place of the old.
    list.change((items) => [...items.filter(({ name }) => name !== grant.name), grant]);
  };
  return (
    <>
      <section class="card" aria-label={t('grants.title')}>
        <Inventory
          list={list}
          label={t('grants.title')}
          none={t('grants.none')}
          row={(grant, onRemoved) => <Row grant={grant} onRemoved={onRemoved} />}
        />
      </section>
      <AddGrant add={add} />
    </>
  );
}

function AddGrant({ add }: { add(form: HTMLFormElement): Promise<void> }) {
  return (
    <AddForm title={t('grants.add.title')} button={t('grants.add')} fields={['clientId', 'scopes']} add={add}>
      {(state) => (
        <>
          <Field
            label={t('grants.clientId')}
            name="clientId"
            required
            numeric
            autocomplete="off"
            hint={t('grants.clientId.hint')}
            {...state('clientId')}
          />
          <fieldset class="choices">
            <legend>{t('grants.scopes')}</legend>
            {SCOPES.map((scope) => (
              <Choice
                key={scope}
                kind="checkbox"
                name="scopes"
                value={fullName(scope)}
                label={t(`scope.${textKey(scope)}`)}
                hint={<span class="code">{scope}</span>}
              />
            ))}
            <ProblemNote text={state('scopes').problem} />
          </fieldset>
        </>
      )}
    </AddForm>
  );
}

function Row({ grant: { name, clientId, scopes = [] }, onRemoved }: { grant: Grant; onRemoved(): void }) {
  const { known, others } = sorted(scopes);
  return (
    <div class="row">
      <div class="row-main">
        <span class="row-title">{clientId}</span>
        <ul class="hint plain-list">
          {known.map((scope) => (
            <li key={scope}>{t(`scope.${textKey(scope)}`)}</li>
          ))}
          {others.map((scope) => (
            <li key={scope}>{scope}</li>
          ))}
        </ul>
      </div>
      <div class="row-actions">
        <ConfirmButton
          label={t('grants.remove')}
          name={t('grants.removeOf', { id: clientId })}
          title={t('grants.remove.title', { id: clientId })}
          text={t('grants.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
    </div>
  );
}
