// Who did what, from where and when, newest first; a filter, and the log as a file. The names of actions are shown as they are:
// they are what one filters by, here and at the command line.

import type { TargetedEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import { type AuditFilter, exportAuditEvents, listAuditEvents, nameOf } from '../../api/administration.ts';
import type { AuditEvent } from '../../api/generated/messages.ts';
import { allPages, openPages } from '../../api/pages.ts';
import { auditCsv } from '../../register/auditCsv.ts';
import { t } from '../../text/administration.ts';
import { download } from '../download.ts';
import { Field } from '../field.tsx';
import { useAsked, useAskingForm } from '../filter.ts';
import { Listing } from '../loading.tsx';
import { SavingNote, useSaving } from '../saving.tsx';
import { dayAndTimeShortText } from '../times.ts';
import { AdministrationPage } from './administration.tsx';

/** Half a million lines: more than a spreadsheet opens gladly. A longer log is what the command line is for. */
const PAGES_MAX = 2_000;

export function AuditPage() {
  return (
    <AdministrationPage office="audit" lead={t('audit.lead')}>
      {() => <Audit />}
    </AdministrationPage>
  );
}

function Audit() {
  const filter = useAsked(['actor', 'subject', 'action']);
  return (
    <>
      <Filter filter={filter} />
      <Events key={JSON.stringify(filter)} filter={filter} />
    </>
  );
}

function Filter({ filter }: { filter: AuditFilter }) {
  const { form, apply } = useAskingForm({ ...filter });
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    apply();
  };
  return (
    <form ref={form} class="card form across" onSubmit={submit} aria-label={t('audit.filter')}>
      <Field label={t('audit.actor')} name="actor" autocomplete="off" verbatim hint={t('audit.actor.hint')} />
      <Field label={t('audit.subject')} name="subject" autocomplete="off" verbatim hint={t('audit.subject.hint')} />
      <Field label={t('audit.action')} name="action" autocomplete="off" verbatim hint={t('audit.action.hint')} />
      <button type="submit" class="button primary">
        {t('audit.filter')}
      </button>
    </form>
  );
}

function Events({ filter }: { filter: AuditFilter }) {
  const list = useMemo(() => openPages<AuditEvent>((token) => listAuditEvents(filter, token), nameOf), []);
  const saving = useSaving();
  const save = async () => {
    const events = await allPages((token) => exportAuditEvents(filter, token), PAGES_MAX);
    const day = new Date().toISOString().slice(0, 10);
    download(`audit-${day}.csv`, 'text/csv;charset=utf-8', auditCsv(events));
  };
  return (
    <section class="card" aria-label={t('audit.title')}>
      <button type="button" class="button" onClick={() => void saving.run(save)}>
        {t('audit.csv')}
      </button>
      <SavingNote saving={saving} />
      <Listing
        list={list}
        label={t('audit.title')}
        empty={<p>{t('audit.none')}</p>}
        keyOf={({ name }) => name}
        row={(event: AuditEvent) => <Row event={event} />}
      />
    </section>
  );
}

function Row({ event }: { event: AuditEvent }) {
  const { time, actor, actorEmail, action, subject = '', subjectEmail, detail, clientAddress, refused, times } = event;
  const often = Number(times ?? 1);
  return (
    <div class="row">
      <div class="row-main">
        <span class="row-title">{action}</span>
        {refused && <span class="tag">{t('audit.refused')}</span>}
        <p class="hint">
          <span>{dayAndTimeShortText(Date.parse(time))}</span>
          <span>{t('audit.by', { name: actorEmail || actor })}</span>
          {clientAddress && <span>{t('audit.from', { address: clientAddress })}</span>}
          {subject && <span>{t('audit.about', { name: subjectEmail || subject })}</span>}
          {often > 1 && <span>{t('audit.times', { count: often })}</span>}
        </p>
        {detail && <p class="hint">{detail}</p>}
      </div>
    </div>
  );
}
