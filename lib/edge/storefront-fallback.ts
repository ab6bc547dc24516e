/** A CloudFront function (its runtime knows no modules): a path that names no file is a page of the storefront. */
export const STOREFRONT_FALLBACK = `function handler(event) {
  var request = event.request;
  var last = request.uri.split('/').pop();
  if (last.indexOf('.') === -1) request.uri = '/index.html';
  return request;
}
`;
