// Which domains of mail belong together: people of one organisation walk into each other's meetings, and see each other's
// addresses. Whether others whom they met see them too, and whether people are asked before they are recorded in its meetings, is said
// once for the organisation, beside any of its domains.

import { useMemo } from 'preact/hooks';
import { createDomain, idOf, listDomains, nameOf, type Rule, remove, setRule } from '../../api/administration.ts';
import type { Domain } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { ConfirmButton } from '../confirm.tsx';
import { Choice, Field, valueOf } from '../field.tsx';
import { SavingNote, useSaving } from '../saving.tsx';
import { AdministrationPage } from './administration.tsx';
import { Asking } from './asking.tsx';
import { AddForm } from './form.tsx';
import { Inventory } from './inventory.tsx';

export function DomainsPage() {
  return (
    <AdministrationPage office="domains" lead={t('domains.lead')}>
      {() => (
        <>
          <Domains />
          <Asking />
        </>
      )}
    </AdministrationPage>
  );
}

function Domains() {
  const list = useMemo(() => openPages<Domain>(listDomains, nameOf), []);
  const saving = useSaving();
  const add = async (form: HTMLFormElement) => {
    const domain = await createDomain(valueOf(form, 'domain'), valueOf(form, 'organisation'));
    list.change((items) => [...items, domain].sort((a, b) => a.name.localeCompare(b.name)));
  };
  const show = (organisation: string, rule: Rule, holds: boolean) =>
    list.change((items) => items.map((item) => (item.organisation === organisation ? { ...item, [rule]: holds } : item)));
  /** Shows the change at once, and takes it back if it fails. */
  const set = async ({ name, organisation }: Domain, rule: Rule, holds: boolean) => {
    show(organisation, rule, holds);
    try {
      await setRule(name, rule, holds);
    } catch (error) {
      show(organisation, rule, !holds);
      throw error;
    }
  };
  return (
    <>
      <section class="card" aria-label={t('domains.title')}>
        <SavingNote saving={saving} />
        <Inventory
          list={list}
          label={t('domains.title')}
          none={t('domains.none')}
          row={(domain, onRemoved) => (
            <Row
              domain={domain}
              onRule={(rule, holds) => void saving.run(() => set(domain, rule, holds))}
              onRemoved={onRemoved}
            />
          )}
        />
      </section>
      <AddForm title={t('domains.add.title')} button={t('domains.add')} fields={['domain', 'organisation']} add={add}>
        {(state) => (
          <>
            <Field
              label={t('domains.domain')}
              name="domain"
              required
              autocomplete="off"
              verbatim
              {...state('domain')}
            />
            <Field
              label={t('domains.organisation')}
              name="organisation"
              autocomplete="off"
              hint={t('domains.organisation.hint')}
              {...state('organisation')}
            />
          </>
        )}
      </AddForm>
    </>
  );
}

interface RowProps {
  domain: Domain;
  onRule(rule: Rule, holds: boolean): void;
  onRemoved(): void;
}

function Row({ domain: { name, organisation, sharesEmail = false, asksToRecord = false }, onRule, onRemoved }: RowProps) {
  return (
    <div class="row with-details">
      <div class="row-main">
        <span class="row-title">{idOf(name)}</span>
        <p class="hint">{t('domains.organisationIs', { name: organisation })}</p>
      </div>
      <div class="row-actions">
        <ConfirmButton
          label={t('domains.remove')}
          name={t('domains.removeOf', { name: idOf(name) })}
          title={t('domains.remove.title', { name: idOf(name) })}
          text={t('domains.remove.text')}
          action={() => remove(name)}
          onDone={onRemoved}
        />
      </div>
      <div class="row-details">
        <Choice
          kind="switch"
          label={t('domains.share', { name: organisation })}
          hint={t('domains.share.text', { name: organisation })}
          checked={sharesEmail}
          onChange={() => onRule('sharesEmail', !sharesEmail)}
        />
        <Choice
          kind="switch"
          label={t('domains.ask', { name: organisation })}
          hint={t('domains.ask.text', { name: organisation })}
          checked={asksToRecord}
          onChange={() => onRule('asksToRecord', !asksToRecord)}
        />
      </div>
    </div>
  );
}
