import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';

/**
 * A CloudFront function that sends the viewer's IP address to the API. It overwrites any value that the viewer sent.
 * `CloudFront-Viewer-Address` cannot be forwarded together with all viewer headers except `Host`.
 */
export const SET_VIEWER_ADDRESS = `function handler(event) {
  event.request.headers['${VIEWER_ADDRESS_HEADER}'] = { value: event.viewer.ip };
  return event.request;
}
`;
