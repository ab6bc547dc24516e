/** A CloudFront function; its runtime has no modules. A path without a file extension is a page of the storefront. */
export const STOREFRONT_FALLBACK = `function handler(event) {
  var request = event.request;
  var last = request.uri.split('/').pop();
  if (last.indexOf('.') === -1) request.uri = '/index.html';
  return request;
}
`;
