import { test } from 'node:test';
import request from 'supertest';
import { requestListener } from '#template/server.ts';
import handler from './handler.ts';

const app = requestListener(handler);

test('greets by name', async () => {
  await request(app).post('/').send({ name: 'Ada' }).expect(200, { greeting: 'Hello, Ada.' });
});

for (const body of ['', 'no JSON', 'null', '{}', '{"name": 1}', '{"name": ""}'])
  test(`refuses ${body || 'an empty body'}`, async () => {
    await request(app).post('/').send(body).expect(400, { message: 'name: a text is needed' });
  });
