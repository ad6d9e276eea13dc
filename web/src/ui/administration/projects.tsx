// Whose telephone calls are: projects, who may do what in each, and the key by which receivers check what a project sends. The
// key is shown to whoever asks for it, since each of the project's own servers needs it.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useId, useMemo, useRef } from 'preact/hooks';
import {
  createProject,
  idOf,
  listProjectMembers,
  listProjects,
  nameOf,
  removeProjectMember,
  rotateProjectKey,
  setProjectMember,
  showProjectKey,
} from '../../api/administration.ts';
import type { Project, ProjectMember, ProjectRole } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { t } from '../../text/administration.ts';
import { ConfirmButton } from '../confirm.tsx';
import { ShownOnce } from '../copy.tsx';
import { useDoing } from '../doing.ts';
import { Field, valueOf } from '../field.tsx';
import { Listing } from '../loading.tsx';
import { focusHeading } from '../page.tsx';
import { ProblemNote } from '../problem.tsx';
import { problemWith, reasonOf } from '../reason.ts';
import { SavingNote, useSaving } from '../saving.tsx';
import { AdministrationPage } from './administration.tsx';
import { AddForm } from './form.tsx';
import { Keeping } from './keeping.tsx';

/** The weakest first: who is added without thinking may do least. */
const ROLES = ['VIEWER', 'EDITOR', 'ADMIN'] as const satisfies readonly ProjectRole[];

export function ProjectsPage() {
  return (
    <AdministrationPage office="projects" lead={t('projects.lead')}>
      {() => <Projects />}
    </AdministrationPage>
  );
}

function Projects() {
  const list = useMemo(() => openPages<Project>(listProjects, nameOf), []);
  const add = async (form: HTMLFormElement) => {
    const made = await createProject(valueOf(form, 'projectId'), valueOf(form, 'displayName'));
    list.change((items) => [...items, made].sort((a, b) => a.name.localeCompare(b.name)));
  };
  return (
    <>
      <section class="card" aria-label={t('projects.title')}>
        <Listing
          list={list}
          label={t('projects.title')}
          empty={<p>{t('projects.none')}</p>}
          keyOf={({ name }) => name}
          row={(project) => <Row project={project} />}
        />
      </section>
      <AddForm title={t('projects.add.title')} button={t('projects.add')} fields={['projectId', 'displayName']} add={add}>
        {(state) => (
          <>
            <Field
              label={t('projects.id')}
              name="projectId"
              hint={t('projects.id.hint')}
              required
              verbatim
              autocomplete="off"
              {...state('projectId')}
            />
            <Field
              label={t('projects.name')}
              name="displayName"
              hint={t('projects.name.hint')}
              autocomplete="off"
              {...state('displayName')}
            />
          </>
        )}
      </AddForm>
    </>
  );
}

function Row({ project: { name, displayName } }: { project: Project }) {
  const key = useSignal('');
  const { problem, run } = useDoing();
  const show = () =>
    run(async () => {
      key.value = await showProjectKey(name);
    });
  return (
    <div class="row with-details">
      <div class="row-main">
        <span class="row-title">{displayName}</span>
        <p class="hint">{t('projects.idIs', { id: idOf(name) })}</p>
      </div>
      <div class="row-actions">
        <button
          type="button"
          class="button quiet small"
          aria-label={t('projects.key.showOf', { name: displayName })}
          onClick={show}
        >
          {t('projects.key.show')}
        </button>
        <ConfirmButton
          label={t('projects.key.rotate')}
          name={t('projects.key.rotateOf', { name: displayName })}
          title={t('projects.key.rotate.title', { name: displayName })}
          text={t('projects.key.rotate.text')}
          action={async () => {
            key.value = await rotateProjectKey(name);
          }}
          onDone={() => undefined}
        />
      </div>
      <div class="row-details">
        <ProblemNote text={problem.value} />
        {key.value && (
          <ShownOnce
            title={t('projects.key.title', { name: displayName })}
            text={t('projects.key.text')}
            values={[{ label: t('projects.key.value'), value: key.value }]}
            onClose={() => {
              key.value = '';
              focusHeading();
            }}
          />
        )}
        <Keeping project={name} displayName={displayName} />
        <Members project={name} displayName={displayName} />
      </div>
    </div>
  );
}

function Members({ project, displayName }: { project: string; displayName: string }) {
  const list = useMemo(() => openPages<ProjectMember>(() => listProjectMembers(project), keyOf), [project]);
  const saving = useSaving();
  const show = (shown: ProjectMember) =>
    list.change((items) => items.map((item) => (item.member === shown.member ? shown : item)));
  const change = (member: ProjectMember, role: ProjectRole) =>
    void saving.run(
      async () => {
        // Shown at once, and taken back if it fails.
        show({ ...member, role });
        try {
          await setProjectMember(project, member.member, role);
        } catch (error) {
          show(member);
          throw error;
        }
      },
      t('projects.member.changed', { email: member.email, role: t(`projects.role.${role}`) }),
    );
  const remove = async ({ member, email }: ProjectMember) => {
    const done = await saving.run(
      () => removeProjectMember(project, member),
      t('projects.member.removed', { email }),
    );
    if (!done) return;
    list.change((items) => items.filter((item) => item.member !== member));
    focusHeading();
  };
  const added = (made: ProjectMember) => {
    list.change((items) => [...items.filter(({ member }) => member !== made.member), made]);
    saving.succeed(t('projects.member.added', { email: made.email }));
  };
  return (
    <>
      <Listing
        list={list}
        label={t('projects.membersOf', { name: displayName })}
        empty={<p>{t('projects.members.none')}</p>}
        keyOf={keyOf}
        row={(member) => (
          <div class="row">
            <span class="row-main">{member.email}</span>
            <div class="row-actions">
              <RolePicker
                label={t('projects.roleOf', { email: member.email })}
                role={member.role}
                onPick={(role) => change(member, role)}
              />
              <button
                type="button"
                class="button quiet small danger"
                aria-label={t('projects.member.removeOf', { email: member.email, name: displayName })}
                onClick={() => void remove(member)}
              >
                {t('projects.member.remove')}
              </button>
            </div>
          </div>
        )}
      />
      <SavingNote saving={saving} />
      <AddMember project={project} displayName={displayName} onAdded={added} />
    </>
  );
}

function keyOf({ member }: ProjectMember): string {
  return member;
}

interface AddMemberProps {
  project: string;
  displayName: string;
  onAdded(member: ProjectMember): void;
}

function AddMember({ project, displayName, onAdded }: AddMemberProps) {
  const problem = useSignal('');
  const role = useSignal<ProjectRole>('VIEWER');
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const add = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const input = event.currentTarget.elements.namedItem('member') as HTMLInputElement;
    problem.value = input.validationMessage;
    if (!problem.value) {
      try {
        onAdded(await setProjectMember(project, valueOf(event.currentTarget, 'member'), role.peek()));
        form.current?.reset();
      } catch (error) {
        problem.value = problemWith(error, 'member') || reasonOf(error);
      }
    }
    input.focus();
  };
  return (
    <form
      ref={form}
      class="inline-form"
      onSubmit={add}
      noValidate
      aria-label={t('projects.member.add.title', { name: displayName })}
    >
      <Field
        label={t('projects.member.email')}
        name="member"
        hint={t('projects.member.email.hint')}
        required
        verbatim
        autocomplete="off"
        problem={problem.value}
        onInput={() => {
          problem.value = '';
        }}
      />
      <div class="field">
        <label for={id}>{t('projects.role')}</label>
        <RolePicker
          id={id}
          role={role.value}
          onPick={(picked) => {
            role.value = picked;
          }}
        />
      </div>
      <button type="submit" class="button">
        {t('projects.member.add')}
      </button>
    </form>
  );
}

interface RolePickerProps {
  id?: string;
  /** Where no label stands beside it. */
  label?: string;
  role: ProjectRole;
  onPick(role: ProjectRole): void;
}

function RolePicker({ id, label, role, onPick }: RolePickerProps) {
  return (
    <select
      id={id}
      aria-label={label}
      value={role}
      onChange={(event) => onPick(event.currentTarget.value as ProjectRole)}
    >
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`projects.role.${role}`)}
        </option>
      ))}
    </select>
  );
}
