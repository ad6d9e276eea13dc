// The audit log as a file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditCsv } from '../src/register/auditCsv.ts';

test('each event is a line, and nothing in it a formula', () => {
  const csv = auditCsv([
    {
      name: 'auditEvents/1.a',
      time: '2026-01-05T09:00:00Z',
      actor: 'users/100000000000000000001',
      actorEmail: '=ada@example.org',
      action: 'key.create',
      subject: 'serviceAccounts/1/keys/2',
      clientAddress: '203.0.113.7',
      times: '1',
    },
    { name: 'auditEvents/1.b', time: '2026-01-05T08:00:00Z', actor: 'nobody', action: 'sign_in.refused', refused: true, times: '95' },
  ]);
  assert.deepEqual(csv.slice(1).split('\r\n'), [
    'time,actor,actor_email,app,client_address,action,subject,subject_email,outcome,times,detail',
    "2026-01-05T09:00:00Z,users/100000000000000000001,'=ada@example.org,,203.0.113.7,key.create,serviceAccounts/1/keys/2,,done,1,",
    '2026-01-05T08:00:00Z,nobody,,,,sign_in.refused,,,refused,95,',
    '',
  ]);
});
