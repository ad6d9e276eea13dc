// The telephone calls of a project, the newest first; for whoever is in several, the project is picked. Where there is nothing
// to see it is said why, and what to do: without a project, without telephones, without calls.

import type { ComponentChildren, TargetedEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import { type ListedCall, listCalls, listMemberships, type Memberships } from '../../api/calls.ts';
import { openPages } from '../../api/pages.ts';
import { callFilter, callFilterIn, OUTCOMES, type Outcome } from '../../calls/filter.ts';
import { pathOf } from '../../route.ts';
import { counted, t } from '../../text/calls.ts';
import { account } from '../account.ts';
import { Field } from '../field.tsx';
import { useAsked, useAskingForm } from '../filter.ts';
import { Microphone } from '../icons.tsx';
import { Failed, Listing, useLoaded, Wait } from '../loading.tsx';
import { navigate } from '../navigation.ts';
import { Page } from '../page.tsx';
import { dayAndTimeShortText, durationText } from '../times.ts';
import { betweenText, callPath, StateTag } from './words.tsx';
import '../styles/calls.css';

/** Of the first project. */
export function CallsPage() {
  return <ProjectCallsPage />;
}

export function ProjectCallsPage({ project }: { project?: string }) {
  return (
    <Page name="calls" lead={t('calls.lead')} up={{ page: 'home' }}>
      {() => <Load project={project} />}
    </Page>
  );
}

function Load({ project }: { project: string | undefined }) {
  const { state, again } = useLoaded('', listMemberships);
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      return <Failed error={state.error} onAgain={again} />;
    case 'ready':
      return <Calls memberships={state.value} picked={project} />;
  }
}

interface CallsProps {
  memberships: Memberships;
  picked: string | undefined;
}

function Calls({ memberships: { projects, answersTelephones }, picked }: CallsProps) {
  const [first] = projects;
  if (!first) return <NoProject />;
  const shown = picked === undefined ? first : projects.find(({ project }) => project === picked);
  return (
    <>
      {projects.length > 1 && (
        <div class="field project-picker">
          <label for="project">{t('calls.project')}</label>
          <select
            id="project"
            value={shown?.project ?? ''}
            onChange={(event) => navigate(pathOf({ page: 'projectCalls', project: event.currentTarget.value }))}
          >
            {!shown && <option value="" />}
            {projects.map(({ project, displayName }) => (
              <option key={project} value={project}>
                {displayName}
              </option>
            ))}
          </select>
        </div>
      )}
      {shown ? (
        <ProjectCalls project={shown.project} answersTelephones={answersTelephones} />
      ) : (
        <p class="card gate">{t('calls.missing')}</p>
      )}
    </>
  );
}

/** What is said instead of a list, with what can be done. */
function Nothing({ title, text, children }: { title: string; text: string; children?: ComponentChildren }) {
  return (
    <div class="card nothing">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}

function NoProject() {
  const who = account.value;
  const administers = who.kind === 'user' && who.user.administrator;
  return (
    <Nothing
      title={t('calls.noProject.title')}
      text={administers ? t('calls.noProject.administrator') : t('calls.noProject')}
    >
      {administers && (
        <a class="button primary" href={pathOf({ page: 'projects' })}>
          {t('calls.noProject.go')}
        </a>
      )}
    </Nothing>
  );
}

function ProjectCalls({ project, answersTelephones }: { project: string; answersTelephones: boolean }) {
  const asked = useAsked(['number', 'outcome']);
  const chosen = callFilter(callFilterIn(asked));
  const list = useMemo(
    () => openPages<ListedCall>((token) => listCalls(project, chosen, token), ({ name }) => name),
    [project, chosen],
  );
  const { phase, items } = list.state.value;
  if (phase === 'ready' && items.length === 0 && chosen === '') {
    return answersTelephones ? (
      <Nothing title={t('calls.none.title')} text={t('calls.none')}>
        <button type="button" class="button" onClick={() => void list.reload()}>
          {t('calls.reload')}
        </button>
      </Nothing>
    ) : (
      <Nothing title={t('calls.off.title')} text={t('calls.off')} />
    );
  }
  return (
    <>
      <FilterForm asked={asked} onReload={() => void list.reload()} />
      <section class="card" aria-label={t('calls.title')}>
        <Listing
          key={chosen}
          list={list}
          label={t('calls.title')}
          empty={<p>{t('calls.none.filtered')}</p>}
          keyOf={({ name }) => name}
          row={(call) => <Row call={call} />}
        />
      </section>
    </>
  );
}

/** The outcome holds when it is picked, the number when it is sent: half a number is in other calls. */
function FilterForm({ asked, onReload }: { asked: Readonly<Record<string, string>>; onReload(): void }) {
  const { form, apply } = useAskingForm(asked);
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    apply();
  };
  return (
    <form ref={form} class="inline-form" onSubmit={submit} aria-label={t('calls.filter')}>
      <Field label={t('calls.filter.number')} name="number" autocomplete="off" verbatim hint={t('calls.filter.number.hint')} />
      <div class="field">
        <label for="outcome">{t('calls.filter.outcome')}</label>
        <select id="outcome" name="outcome" onChange={apply}>
          <option value="">{t('calls.filter.all')}</option>
          {(Object.keys(OUTCOMES) as Outcome[]).map((outcome) => (
            <option key={outcome} value={outcome}>
              {t(`calls.filter.${outcome}`)}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" class="button">
        {t('calls.filter.apply')}
      </button>
      <button type="button" class="button quiet" onClick={onReload}>
        {t('calls.reload')}
      </button>
    </form>
  );
}

function Row({ call }: { call: ListedCall }) {
  const { name, create_ms, answer_ms, end_ms, recordings } = call;
  return (
    <div class="row">
      <div class="row-main">
        <a class="row-title" href={callPath(name)}>
          {betweenText(call)}
        </a>
        <p class="hint">
          <span>{dayAndTimeShortText(create_ms)}</span>
          {answer_ms !== undefined && end_ms !== undefined && (
            <span>{t('calls.lasted', { duration: durationText(end_ms - answer_ms) })}</span>
          )}
        </p>
      </div>
      <p class="tags">
        {recordings > 0 && (
          <span class="tag recorded">
            <Microphone />
            {counted('calls.recordings', recordings)}
          </span>
        )}
        <StateTag state={call.state} />
      </p>
    </div>
  );
}
