import openApi from '../../docs/openapi.json' with { type: 'json' };
import type { Implementations } from '../shared/contract.ts';
import { publicOrigin } from '../shared/env.ts';
import { createApiHandler } from '../shared/http.ts';
import type { ApiDocument } from './api-document.ts';
import { referenceRoutes } from './reference.routes.ts';
import { renderReference } from './reference-page.ts';

/** Both change only with a deployment. A browser may keep them this long after it. */
const CACHED = { 'cache-control': 'public, max-age=300' };

function implement(): Implementations<typeof referenceRoutes> {
  const { html, contentSecurityPolicy } = renderReference(openApi as unknown as ApiDocument);
  const pageHeaders = { ...CACHED, 'content-security-policy': contentSecurityPolicy };
  return {
    getOpenApi: async () => ({ status: 200, headers: CACHED, body: openApi }),
    showReference: async () => ({ status: 200, headers: pageHeaders, body: html }),
  };
}

export const handler = createApiHandler({ routes: referenceRoutes, implement, allowedOrigin: publicOrigin });
