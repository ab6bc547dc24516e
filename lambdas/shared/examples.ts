/** Values that the examples of several services share, so that the examples of the contract tell one story. */
export const EXAMPLE = {
  userId: '01988a1c-6c00-7a10-8f00-3b1d5c0e9a01',
  sessionId: '01988a1c-7100-7b20-9a00-5c2e6d1f0b02',
  productId: '01988a1b-2f00-7c30-8b00-6d3f7e201c03',
  orderId: '01988a1d-0400-7d40-9c00-7e408f312d04',
  paymentId: '01988a1d-3a00-7e50-8d00-8f519a423e05',
  refundId: '01988a21-5500-7f60-9e00-90628b534f06',
  notificationId: '01988a1d-4c00-7a70-8f00-a1739c645007',
  createdAt: '2026-03-02T09:30:00.000Z',
  updatedAt: '2026-03-02T09:31:12.000Z',
  expiresAt: '2026-03-02T10:00:00.000Z',
  cursor: 'WyIwMTk4OGExYi0yZjAwLTdjMzAtOGIwMC02ZDNmN2UyMDFjMDMiXQ',
} as const;

/** The example of a page: one item, and a next page. */
export const pageExample = <T>(item: T) => ({ items: [item], nextCursor: EXAMPLE.cursor });
