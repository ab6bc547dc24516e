import { Stack } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { LogBucket } from '../constructs/log-bucket.ts';
import type { Stage } from '../stage.ts';

export interface EdgeLogsProps {
  stage: Stage;
  distribution: cloudfront.Distribution;
  bucket: LogBucket;
}

/** CloudFront standard logging (v2). CloudWatch delivers the logs, so the bucket needs no ACL. */
export class EdgeLogs extends Construct {
  constructor(scope: Construct, id: string, { stage, distribution, bucket }: EdgeLogsProps) {
    super(scope, id);
    const { account, region, partition } = Stack.of(this);
    const name = `${stage.globalName}-edge`;
    const source = new logs.CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn: distribution.distributionArn,
    });
    const destination = new logs.CfnDeliveryDestination(this, 'Destination', {
      name,
      destinationResourceArn: bucket.bucket.bucketArn,
      outputFormat: 'json',
    });
    bucket.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('delivery.logs.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.bucket.arnForObjects(`AWSLogs/${account}/CloudFront/*`)],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account, 's3:x-amz-acl': 'bucket-owner-full-control' },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:logs:${region}:${account}:delivery-source:*` },
        },
      }),
    );
    const delivery = new logs.CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
    });
    delivery.node.addDependency(source);
    bucket.outlives(delivery);
    if (bucket.bucket.policy) delivery.node.addDependency(bucket.bucket.policy);
  }
}
