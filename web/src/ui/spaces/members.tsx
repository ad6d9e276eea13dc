// Who belongs to a meeting place for good: members come in without knocking, co-hosts manage the meeting.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { ApiError } from '../../api/call.ts';
import { openPages } from '../../api/pages.ts';
import { addMember, listMembers, type Member, removeMember, setRole } from '../../api/spaces.ts';
import { t } from '../../text/text.ts';
import { Field, valueOf } from '../field.tsx';
import { Listing } from '../loading.tsx';
import { problemWith, reasonOf } from '../reason.ts';
import { SavingNote, useSaving } from '../saving.tsx';
import { Part } from './part.tsx';

type Role = NonNullable<Member['role']>;
const ROLES = ['ROLE_UNSPECIFIED', 'COHOST'] as const satisfies readonly Role[];

export function Members({ space }: { space: string }) {
  const list = useMemo(() => openPages<Member>((token) => listMembers(space, token)), [space]);
  const saving = useSaving();

  const change = (member: Member, role: Role) =>
    void saving.run(
      async () => {
        // The select shows the new role already; taking the old one again makes it show that if this fails.
        list.change((items) => items.map((item) => (item.name === member.name ? { ...item, role } : item)));
        try {
          await setRole(member.name, role);
        } catch (error) {
          list.change((items) => items.map((item) => (item.name === member.name ? member : item)));
          throw error;
        }
      },
      t('members.changed', { email: member.email, role: t(`members.role.${role}`) }),
    );

  const remove = async (member: Member) => {
    const done = await saving.run(
      () => removeMember(member.name),
      t('members.removed', { email: member.email }),
    );
    if (!done) return;
    list.change((items) => items.filter(({ name }) => name !== member.name));
    document.getElementById('members')?.focus();
  };

  const added = (member: Member) => {
    list.change((items) => [...items, member]);
    saving.succeed(t('members.added', { email: member.email }));
  };

  return (
    <Part id="members" title={t('members.title')} lead={t('members.lead')}>
      <Listing
        list={list}
        label={t('members.title')}
        empty={<p>{t('members.none')}</p>}
        keyOf={({ name }) => name}
        row={(member) => (
          <div class="row">
            <span class="row-main row-title">{member.email}</span>
            <div class="row-actions">
              <RolePicker
                label={t('members.roleOf', { email: member.email })}
                role={member.role ?? 'ROLE_UNSPECIFIED'}
                onPick={(role) => change(member, role)}
              />
              <button
                type="button"
                class="button quiet small danger"
                aria-label={t('members.removeOf', { email: member.email })}
                onClick={() => void remove(member)}
              >
                {t('members.remove')}
              </button>
            </div>
          </div>
        )}
      />
      <SavingNote saving={saving} />
      <AddMember space={space} onAdded={added} />
    </Part>
  );
}

function AddMember({ space, onAdded }: { space: string; onAdded(member: Member): void }) {
  const problem = useSignal('');
  const role = useSignal<Role>('ROLE_UNSPECIFIED');
  const form = useRef<HTMLFormElement>(null);

  const add = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = valueOf(event.currentTarget, 'email');
    const input = event.currentTarget.elements.namedItem('email') as HTMLInputElement;
    problem.value = input.checkValidity() ? '' : t('members.email.invalid');
    if (!problem.value) {
      try {
        onAdded(await addMember(space, { email, role: role.peek() }));
        form.current?.reset();
      } catch (error) {
        const taken = error instanceof ApiError && error.status === 'ALREADY_EXISTS';
        problem.value = taken ? t('members.email.taken') : problemWith(error, 'email') || reasonOf(error);
      }
    }
    input.focus();
  };

  return (
    <form ref={form} class="inline-form" onSubmit={add} noValidate aria-label={t('members.add.title')}>
      <Field
        label={t('members.email')}
        name="email"
        type="email"
        required
        autocomplete="off"
        problem={problem.value}
        onInput={() => {
          problem.value = '';
        }}
      />
      <div class="field">
        <label for="new-member-role">{t('members.role')}</label>
        <RolePicker
          id="new-member-role"
          role={role.value}
          onPick={(picked) => {
            role.value = picked;
          }}
        />
      </div>
      <button type="submit" class="button">
        {t('members.add')}
      </button>
    </form>
  );
}

interface RolePickerProps {
  id?: string;
  /** Where no label stands beside it. */
  label?: string;
  role: Role;
  onPick(role: Role): void;
}

function RolePicker({ id, label, role, onPick }: RolePickerProps) {
  return (
    <select id={id} aria-label={label} value={role} onChange={(event) => onPick(event.currentTarget.value as Role)}>
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`members.role.${role}`)}
        </option>
      ))}
    </select>
  );
}
