import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { outboxDelivery, smtpDelivery } from '../src/delivery.js';

/** A mail server of our own, as far as RFC 5321 is needed to take one mail, or to refuse it. */
async function mailServer(t, answers = {}) {
  const received = [];
  const server = createServer((socket) => {
    let inBody = false;
    const say = (line) => socket.write(`${line}\r\n`);
    say('220 ready');
    createInterface({ input: socket }).on('line', (line) => {
      received.push(line);
      if (inBody && line !== '.') return;
      const verb = inBody ? '.' : line.split(' ')[0].toUpperCase();
      inBody = verb === 'DATA';
      say(answers[verb] ?? (inBody ? '354 go on' : '250 ok'));
      if (verb === 'QUIT') socket.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `smtp://127.0.0.1:${server.address().port}`, received };
}

const mail = { id: '7f3a', to: 'ada@example.com', subject: 'Your plan: team', text: 'Hello ada' };

test('a mail reaches the server as it was meant', async (t) => {
  const { url, received } = await mailServer(t);
  await smtpDelivery(url, 'billing@example.com')(mail);
  for (const line of [
    'MAIL FROM:<billing@example.com>',
    'RCPT TO:<ada@example.com>',
    'Subject: Your plan: team',
    'Message-ID: <7f3a@saas-chat>',
    'Hello ada',
  ])
    assert.ok(received.includes(line), `${line} in\n${received.join('\n')}`);
});

test("the server's refusal carries its code", async (t) => {
  const { url } = await mailServer(t, { RCPT: '550 no such user' });
  await assert.rejects(smtpDelivery(url, 'a@example.com')(mail), { responseCode: 550 });
});

test('without a server the delivery fails', async () => {
  await assert.rejects(smtpDelivery('smtp://127.0.0.1:1', 'a@example.com')(mail), {
    code: 'ESOCKET',
  });
});

test('the outbox holds what would have been sent', async () => {
  const stream = [];
  await outboxDelivery({ xAdd: async (...entry) => stream.push(entry) })(mail);
  assert.deepEqual(stream[0].slice(0, 3), ['mail:outbox', '*', mail]);
});
