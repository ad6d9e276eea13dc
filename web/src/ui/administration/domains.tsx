// Which domains of mail belong together: people of one organisation walk into each other's meetings.

import { useMemo } from 'preact/hooks';
import { createDomain, type Domain, idOf, listDomains, remove } from '../../api/administration.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/text.ts';
import { ConfirmButton } from '../confirm.tsx';
import { Field, valueOf } from '../field.tsx';
import { Listing } from '../loading.tsx';
import { focusHeading } from '../page.tsx';
import { AddForm } from './form.tsx';

export function Domains() {
  const list = useMemo(() => openPages<Domain>(listDomains), []);
  const add = async (form: HTMLFormElement) => {
    await createDomain(valueOf(form, 'domain'), valueOf(form, 'organisation'));
    // The server's order is by organisation.
    await list.reload();
  };
  return (
    <>
      <section class="card" aria-label={t('domains.title')}>
        <Listing
          list={list}
          label={t('domains.title')}
          empty={<p>{t('domains.none')}</p>}
          keyOf={({ name }) => name}
          row={({ name, organisation }) => (
            <div class="row">
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
                  onDone={() => {
                    list.change((items) => items.filter((item) => item.name !== name));
                    focusHeading();
                  }}
                />
              </div>
            </div>
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
