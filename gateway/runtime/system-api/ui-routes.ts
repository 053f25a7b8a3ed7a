/**
 * `/ui/`: one page that lists the functions, for a browser. It is plain HTML and loads nothing but
 * itself and the gateway's API.
 */
import { Router, type RequestHandler } from 'express';
import { answerByMethod } from '../http/method-routes.ts';
import page from './ui/page.html';
import description from './gateway.openapi';
import queues from './queues.asyncapi';
import script from './ui/page.client.js';
import style from './ui/page.css';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The caller is known when these are asked. */
export function uiRoutes(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  answerByMethod(router, '/', { GET: file('text/html; charset=utf-8', page) });
  answerByMethod(router, '/page.css', { GET: file('text/css; charset=utf-8', style) });
  answerByMethod(router, '/page.client.js', {
    GET: file('text/javascript; charset=utf-8', script),
  });
  return router;
}

/** `GET /openapi.json`: what the gateway and its functions take and answer; holds no secret. */
export const openApiRoute = file('application/json', description);

/** `GET /asyncapi.json`: the queues behind them. */
export const asyncApiRoute = file('application/json', queues);

function file(contentType: string, text: string): RequestHandler {
  return (request, response) => {
    // Names in the page are relative, so it must be asked for with its slash.
    if (request.originalUrl.split('?')[0] === '/ui') return response.redirect(301, '/ui/');
    response
      .set({
        'content-type': contentType,
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      })
      .send(text);
  };
}
