import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';

/**
 * A CloudFront function: tells the API a caller's address, over whatever the caller sent under the header's name.
 * CloudFront's own `CloudFront-Viewer-Address` cannot be had together with every viewer header but `Host`.
 */
export const SET_VIEWER_ADDRESS = `function handler(event) {
  event.request.headers['${VIEWER_ADDRESS_HEADER}'] = { value: event.viewer.ip };
  return event.request;
}
`;
