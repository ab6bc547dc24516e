/** With this header, the request function tells the response function that the path names no page. */
const UNKNOWN_PAGE = 'x-unknown-page';

/**
 * A CloudFront Function of the storefront (its runtime has no modules). The storefront is one page, which routes by the
 * fragment, so every path that is not a file is unknown. It gets that page with the status 404.
 */
export const STOREFRONT_FALLBACK = `function handler(event) {
  var request = event.request;
  delete request.headers['${UNKNOWN_PAGE}'];
  if (request.uri.split('/').pop().indexOf('.') !== -1) return request;
  if (request.uri !== '/') request.headers['${UNKNOWN_PAGE}'] = { value: '1' };
  request.uri = '/index.html';
  return request;
}
`;

/**
 * Sets the status of an unknown page. The request in this event is either the viewer's request or the one that the
 * function above returned. The function recognizes both.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export const STOREFRONT_STATUS = `function handler(event) {
  var request = event.request;
  var response = event.response;
  var isFile = request.uri.split('/').pop().indexOf('.') !== -1;
  var unknown = request.headers['${UNKNOWN_PAGE}'] !== undefined || (request.uri !== '/' && !isFile);
  if (unknown && response.statusCode === 200) {
    response.statusCode = 404;
    response.statusDescription = 'Not Found';
  }
  return response;
}
`;
